# fish completion for telex-start; made by `python -m telex_start.reference fish`

function __telex_start_is -d 'Whether this command is being written; none: that of the agent'
    set -l words (commandline -opc)
    set -l command
    if test (count $words) -gt 1; and contains -- $words[2] doctor pause preferences reload autostart integrate sandbox demo
        set command $words[2]
    end
    test "$command" = "$argv[1]"
end

function __telex_start_first -d 'Whether the first word is being written'
    test (count (commandline -opc)) -eq 1
end

complete -c telex-start -f
complete -c telex-start -n '__telex_start_is' -l version -d 'print the version'
complete -c telex-start -n '__telex_start_is' -l login -d 'open the login window at once'
complete -c telex-start -n '__telex_start_is' -l exit -d 'end the running instance'
complete -c telex-start -n '__telex_start_is' -l headless -d 'no icon and no window: everything is told on the terminal'
complete -c telex-start -n '__telex_start_is' -l json -d 'with --headless: one JSON object a line on standard output'
complete -c telex-start -n '__telex_start_is' -l email -x -d 'the e-mail address to sign in with'
complete -c telex-start -n '__telex_start_is' -l password-stdin -d 'read the password from standard input, and sign in at once'
complete -c telex-start -n '__telex_start_is' -l password-credential -x -d 'the same from a file of $CREDENTIALS_DIRECTORY (systemd)'
complete -c telex-start -n '__telex_start_is' -l at-login -d 'the desktop starts it at log-in: a tray is waited for, and the focus left alone'
complete -c telex-start -n '__telex_start_is' -l log-level -x -a 'debug info warning error' -d 'how much the log tells: debug, info, warning, error (info)'
complete -c telex-start -n '__telex_start_is' -l environment -x -a 'production staging zedu zedu-staging' -d 'which Telex: production, staging, zedu, zedu-staging (production)'
complete -c telex-start -n '__telex_start_is' -l api-url -x -d 'address of the API, ending in /api/v1'
complete -c telex-start -n '__telex_start_is' -l push-url -x -d 'address of the push server'
complete -c telex-start -n '__telex_start_is' -l ca-file -r -F -d 'PEM file of a private certificate authority, trusted beside the system\'s'
complete -c telex-start -n '__telex_start_is' -l config -r -F -d 'configuration file (default: config.toml in the platform\'s folder)'
complete -c telex-start -n '__telex_start_is' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a doctor -d 'say what will work on this machine, and what is missing'
complete -c telex-start -n '__telex_start_is doctor' -l environment -x -a 'production staging zedu zedu-staging' -d 'which Telex: production, staging, zedu, zedu-staging (production)'
complete -c telex-start -n '__telex_start_is doctor' -l api-url -x -d 'address of the API, ending in /api/v1'
complete -c telex-start -n '__telex_start_is doctor' -l push-url -x -d 'address of the push server'
complete -c telex-start -n '__telex_start_is doctor' -l ca-file -r -F -d 'PEM file of a private certificate authority, trusted beside the system\'s'
complete -c telex-start -n '__telex_start_is doctor' -l config -r -F -d 'configuration file (default: config.toml in the platform\'s folder)'
complete -c telex-start -n '__telex_start_is doctor' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a pause -d 'pause notifications: 30m, 1h, 4h, tomorrow, on, off'
complete -c telex-start -n '__telex_start_is pause; and not __fish_seen_subcommand_from 30m 1h 4h tomorrow on off' -a '30m 1h 4h tomorrow on off' -d 'how long'
complete -c telex-start -n '__telex_start_is pause' -l environment -x -a 'production staging zedu zedu-staging' -d 'which Telex: production, staging, zedu, zedu-staging (production)'
complete -c telex-start -n '__telex_start_is pause' -l api-url -x -d 'address of the API, ending in /api/v1'
complete -c telex-start -n '__telex_start_is pause' -l push-url -x -d 'address of the push server'
complete -c telex-start -n '__telex_start_is pause' -l ca-file -r -F -d 'PEM file of a private certificate authority, trusted beside the system\'s'
complete -c telex-start -n '__telex_start_is pause' -l config -r -F -d 'configuration file (default: config.toml in the platform\'s folder)'
complete -c telex-start -n '__telex_start_is pause' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a preferences -d 'open the preferences window'
complete -c telex-start -n '__telex_start_is preferences' -l environment -x -a 'production staging zedu zedu-staging' -d 'which Telex: production, staging, zedu, zedu-staging (production)'
complete -c telex-start -n '__telex_start_is preferences' -l api-url -x -d 'address of the API, ending in /api/v1'
complete -c telex-start -n '__telex_start_is preferences' -l push-url -x -d 'address of the push server'
complete -c telex-start -n '__telex_start_is preferences' -l ca-file -r -F -d 'PEM file of a private certificate authority, trusted beside the system\'s'
complete -c telex-start -n '__telex_start_is preferences' -l config -r -F -d 'configuration file (default: config.toml in the platform\'s folder)'
complete -c telex-start -n '__telex_start_is preferences' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a reload -d 'have the running agent read its configuration again'
complete -c telex-start -n '__telex_start_is reload' -l environment -x -a 'production staging zedu zedu-staging' -d 'which Telex: production, staging, zedu, zedu-staging (production)'
complete -c telex-start -n '__telex_start_is reload' -l api-url -x -d 'address of the API, ending in /api/v1'
complete -c telex-start -n '__telex_start_is reload' -l push-url -x -d 'address of the push server'
complete -c telex-start -n '__telex_start_is reload' -l ca-file -r -F -d 'PEM file of a private certificate authority, trusted beside the system\'s'
complete -c telex-start -n '__telex_start_is reload' -l config -r -F -d 'configuration file (default: config.toml in the platform\'s folder)'
complete -c telex-start -n '__telex_start_is reload' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a autostart -d 'start at log-in: on, off, status'
complete -c telex-start -n '__telex_start_is autostart; and not __fish_seen_subcommand_from on off status' -a 'on off status' -d 'what to do'
complete -c telex-start -n '__telex_start_is autostart' -l headless -d 'as a systemd user unit, without an icon'
complete -c telex-start -n '__telex_start_is autostart' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a integrate -d 'give the desktop the program\'s name and icon: on, off, status'
complete -c telex-start -n '__telex_start_is integrate; and not __fish_seen_subcommand_from on off status' -a 'on off status' -d 'what to do'
complete -c telex-start -n '__telex_start_is integrate' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a sandbox -d 'serve a Telex on this machine (needs telex-start[sandbox])'
complete -c telex-start -n '__telex_start_is sandbox' -l port -x -d 'port of the API (default: any free one)'
complete -c telex-start -n '__telex_start_is sandbox' -l push-port -x -d 'port of the push server (default: any free one)'
complete -c telex-start -n '__telex_start_is sandbox' -l organisations -x -d 'organisations the user is in (3)'
complete -c telex-start -n '__telex_start_is sandbox' -l connection-ttl -x -d 'a connection token\'s life (120)'
complete -c telex-start -n '__telex_start_is sandbox' -l subscription-ttl -x -d 'a subscription token\'s life (300)'
complete -c telex-start -n '__telex_start_is sandbox' -l ping -x -d 'interval of pings (25); 0 for none'
complete -c telex-start -n '__telex_start_is sandbox' -l stale-close-delay -x -d 'time to connect (10)'
complete -c telex-start -n '__telex_start_is sandbox' -l expired-close-delay -x -d 'grace after a token\'s end (25)'
complete -c telex-start -n '__telex_start_is sandbox' -l rate -x -d 'API calls a second (6); 0 for no limit'
complete -c telex-start -n '__telex_start_is sandbox' -l burst -x -d 'API calls at once (4)'
complete -c telex-start -n '__telex_start_is sandbox' -l history -x -d 'publications kept per channel (0, as the service)'
complete -c telex-start -n '__telex_start_is sandbox' -l history-ttl -x -d 'how long they are kept (300)'
complete -c telex-start -n '__telex_start_is sandbox' -l no-notification-token -d 'logins bring none'
complete -c telex-start -n '__telex_start_is sandbox' -l slugs -x -a 'new older none' -d 'name of the slug\'s field, or no slugs (new)'
complete -c telex-start -n '__telex_start_is sandbox' -l new-message -x -a 'before after never' -d 'when a message\'s text comes: before or after its count, or never (after)'
complete -c telex-start -n '__telex_start_is sandbox' -l one-profile -d 'one profile for all organisations, as older backends have'
complete -c telex-start -n '__telex_start_is sandbox' -l honour-subs -d 'subscribe the tokens in connect.subs, which no Centrifugo does'
complete -c telex-start -n '__telex_start_is sandbox' -l any-origin -d 'let in who sends an Origin, which no Centrifugo does by default'
complete -c telex-start -n '__telex_start_is sandbox' -l no-story -d 'publish nothing by itself'
complete -c telex-start -n '__telex_start_is sandbox' -l story-interval -x -d 'pace of the story (6)'
complete -c telex-start -n '__telex_start_is sandbox' -l clock-offset -x -d 'how far the server\'s clock is ahead (0)'
complete -c telex-start -n '__telex_start_is sandbox' -l date-ahead -x -d 'how far the API\'s Date alone is ahead (0)'
complete -c telex-start -n '__telex_start_is sandbox' -l centrifugo -r -F -d 'a Centrifugo binary to run as the push server'
complete -c telex-start -n '__telex_start_is sandbox' -l centrifugo-config-style -x -a 'v5 v6' -d 'its configuration (default: it is asked)'
complete -c telex-start -n '__telex_start_is sandbox' -l until-stdin-closes -d 'end when standard input is closed'
complete -c telex-start -n '__telex_start_is sandbox' -l help -d 'show this help and exit'

complete -c telex-start -n __telex_start_first -a demo -d 'the sandbox and the agent in one command'
complete -c telex-start -n '__telex_start_is demo' -l headless -d 'no icon and no window, even where there is a display'
complete -c telex-start -n '__telex_start_is demo' -l login -d 'open the login window instead of signing in at once'
complete -c telex-start -n '__telex_start_is demo' -l toasts -x -d 'with --headless: end after N toasts'
complete -c telex-start -n '__telex_start_is demo' -l story-interval -x -d 'pace of the story (3)'
complete -c telex-start -n '__telex_start_is demo' -l help -d 'show this help and exit'
