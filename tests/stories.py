"""Articles of invented outlets, written for the tests: title and paragraphs."""

SITE = (
    "Microsoft baut Rechenzentrum in Bedburg",
    [
        "Der Softwarekonzern Microsoft hat am Mittwoch in Bedburg den ersten Spatenstich für ein neues "
        "Rechenzentrum gesetzt. Auf dem Gelände am Rand des Rheinischen Reviers sollen bis 2028 drei Hallen "
        "entstehen, teilte die Stadt mit.",
        "Das Vorhaben gehört zu der Investition von 3,2 Milliarden Euro, die der Konzern in Nordrhein- "
        "Westfalen angekündigt hat. Weitere Hallen sind in Bergheim und Elsdorf vorgesehen, die Bauanträge "
        "liegen den Behörden vor.",
        "Bürgermeisterin Annegret Holtkamp sprach von einem guten Tag für die Stadt. Die Abwärme der Server "
        "könne später ein Wohngebiet versorgen, die Verhandlungen darüber liefen noch.",
    ],
)

TRAINING = (
    "Microsoft trains 100,000 people in North Rhine-Westphalia",
    [
        "Microsoft and the state of North Rhine-Westphalia have opened a training centre for artificial "
        "intelligence in Elsdorf. By the end of next year 100,000 people are to have taken part in one of its "
        "courses.",
        "The programme accompanies the data centres that Microsoft is building in the Rhenish mining area, at "
        "Bedburg and Bergheim. The company puts its investment in the region at 3.2 billion euros.",
        "Teachers, craftspeople and civil servants will come first, the economics ministry in Düsseldorf "
        "said. Courses for former miners are planned together with a trade union.",
    ],
)

FESTIVAL = (
    "Tausende feiern beim Stadtfest am Lippeufer",
    [
        "Bei sonnigem Wetter haben am Wochenende mehrere Tausend Menschen das Stadtfest am Ufer der Lippe "
        "gefeiert. Auf drei Bühnen spielten Gruppen aus der Region, am Abend gab es ein Feuerwerk.",
        "Die Veranstalter zeigten sich zufrieden. Im kommenden Jahr soll das Fest um einen Markt mit Handwerk "
        "aus den Nachbarorten wachsen, sagte ein Sprecher des Vereins.",
    ],
)

WINDOWS = (
    "Microsoft verteilt Update für Windows",
    [
        "Microsoft hat in der Nacht ein Update für sein Betriebssystem Windows verteilt, das mehrere Lücken "
        "schließt. Nutzer sollten den Rechner in den nächsten Tagen neu starten, rät das Unternehmen.",
        "Eine der Lücken wurde nach Angaben von Fachleuten bereits ausgenutzt. Betroffen sind alle Versionen "
        "der vergangenen fünf Jahre, ältere bekommen das Update nicht mehr.",
    ],
)
