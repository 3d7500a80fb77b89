from revierspiegel.main import main

main()
