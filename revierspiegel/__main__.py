from revierspiegel import main

main()
