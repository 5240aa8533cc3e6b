#compdef telex-start
# zsh completion for telex-start; made by `python -m telex_start.reference zsh`

local context state line
typeset -A opt_args

if (( CURRENT > 2 )); then
  case $words[2] in
    doctor)
      shift words; (( CURRENT-- ))
      _arguments \
      '--environment=[which Telex\: production, staging, zedu, zedu-staging (production)]:NAME:(production staging zedu zedu-staging)' \
      '--api-url=[address of the API, ending in /api/v1]:URL: ' \
      '--push-url=[address of the push server]:URL: ' \
      '--ca-file=[PEM file of a private certificate authority, trusted beside the system'\''s]:FILE:_files' \
      '--config=[configuration file (default\: config.toml in the platform'\''s folder)]:FILE:_files' \
      '(- *)--help[show this help and exit]'
      return
      ;;
    pause)
      shift words; (( CURRENT-- ))
      _arguments \
      '--environment=[which Telex\: production, staging, zedu, zedu-staging (production)]:NAME:(production staging zedu zedu-staging)' \
      '--api-url=[address of the API, ending in /api/v1]:URL: ' \
      '--push-url=[address of the push server]:URL: ' \
      '--ca-file=[PEM file of a private certificate authority, trusted beside the system'\''s]:FILE:_files' \
      '--config=[configuration file (default\: config.toml in the platform'\''s folder)]:FILE:_files' \
      '(- *)--help[show this help and exit]' \
      '1:HOW_LONG:(30m 1h 4h tomorrow on off)'
      return
      ;;
    preferences)
      shift words; (( CURRENT-- ))
      _arguments \
      '--environment=[which Telex\: production, staging, zedu, zedu-staging (production)]:NAME:(production staging zedu zedu-staging)' \
      '--api-url=[address of the API, ending in /api/v1]:URL: ' \
      '--push-url=[address of the push server]:URL: ' \
      '--ca-file=[PEM file of a private certificate authority, trusted beside the system'\''s]:FILE:_files' \
      '--config=[configuration file (default\: config.toml in the platform'\''s folder)]:FILE:_files' \
      '(- *)--help[show this help and exit]'
      return
      ;;
    reload)
      shift words; (( CURRENT-- ))
      _arguments \
      '--environment=[which Telex\: production, staging, zedu, zedu-staging (production)]:NAME:(production staging zedu zedu-staging)' \
      '--api-url=[address of the API, ending in /api/v1]:URL: ' \
      '--push-url=[address of the push server]:URL: ' \
      '--ca-file=[PEM file of a private certificate authority, trusted beside the system'\''s]:FILE:_files' \
      '--config=[configuration file (default\: config.toml in the platform'\''s folder)]:FILE:_files' \
      '(- *)--help[show this help and exit]'
      return
      ;;
    autostart)
      shift words; (( CURRENT-- ))
      _arguments \
      '--headless[as a systemd user unit, without an icon]' \
      '(- *)--help[show this help and exit]' \
      '1:ACTION:(on off status)'
      return
      ;;
    integrate)
      shift words; (( CURRENT-- ))
      _arguments \
      '(- *)--help[show this help and exit]' \
      '1:ACTION:(on off status)'
      return
      ;;
    sandbox)
      shift words; (( CURRENT-- ))
      _arguments \
      '--port=[port of the API (default\: any free one)]:PORT: ' \
      '--push-port=[port of the push server (default\: any free one)]:PORT: ' \
      '--organisations=[organisations the user is in (3)]:N: ' \
      '--connection-ttl=[a connection token'\''s life (120)]:SECONDS: ' \
      '--subscription-ttl=[a subscription token'\''s life (300)]:SECONDS: ' \
      '--ping=[interval of pings (25); 0 for none]:SECONDS: ' \
      '--stale-close-delay=[time to connect (10)]:SECONDS: ' \
      '--expired-close-delay=[grace after a token'\''s end (25)]:SECONDS: ' \
      '--rate=[API calls a second (6); 0 for no limit]:PER_SECOND: ' \
      '--burst=[API calls at once (4)]:BURST: ' \
      '--history=[publications kept per channel (0, as the service)]:SIZE: ' \
      '--history-ttl=[how long they are kept (300)]:SECONDS: ' \
      '--no-notification-token[logins bring none]' \
      '--slugs=[name of the slug'\''s field, or no slugs (new)]:SLUGS:(new older none)' \
      '--new-message=[when a message'\''s text comes\: before or after its count, or never (after)]:MESSAGE:(before after never)' \
      '--one-profile[one profile for all organisations, as older backends have]' \
      '--honour-subs[subscribe the tokens in connect.subs, which no Centrifugo does]' \
      '--any-origin[let in who sends an Origin, which no Centrifugo does by default]' \
      '--no-story[publish nothing by itself]' \
      '--story-interval=[pace of the story (6)]:SECONDS: ' \
      '--clock-offset=[how far the server'\''s clock is ahead (0)]:SECONDS: ' \
      '--date-ahead=[how far the API'\''s Date alone is ahead (0)]:SECONDS: ' \
      '--centrifugo=[a Centrifugo binary to run as the push server]:FILE:_files' \
      '--centrifugo-config-style=[its configuration (default\: it is asked)]:STYLE:(v5 v6)' \
      '--until-stdin-closes[end when standard input is closed]' \
      '(- *)--help[show this help and exit]'
      return
      ;;
    demo)
      shift words; (( CURRENT-- ))
      _arguments \
      '--headless[no icon and no window, even where there is a display]' \
      '--login[open the login window instead of signing in at once]' \
      '--toasts=[with --headless\: end after N toasts]:N: ' \
      '--story-interval=[pace of the story (3)]:SECONDS: ' \
      '(- *)--help[show this help and exit]'
      return
      ;;
  esac
fi
if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
  local -a commands
  commands=(
    'doctor:say what will work on this machine, and what is missing'
    'pause:pause notifications: 30m, 1h, 4h, tomorrow, on, off'
    'preferences:open the preferences window'
    'reload:have the running agent read its configuration again'
    'autostart:start at log-in: on, off, status'
    'integrate:give the desktop the program'\''s name and icon: on, off, status'
    'sandbox:serve a Telex on this machine (needs telex-start[sandbox])'
    'demo:the sandbox and the agent in one command'
  )
  _describe -t commands command commands
  return
fi
_arguments \
  '(- *)--version[print the version]' \
  '--login[open the login window at once]' \
  '--exit[end the running instance]' \
  '--headless[no icon and no window\: everything is told on the terminal]' \
  '--json[with --headless\: one JSON object a line on standard output]' \
  '--email=[the e-mail address to sign in with]:NAME: ' \
  '--password-stdin[read the password from standard input, and sign in at once]' \
  '--password-credential=[the same from a file of $CREDENTIALS_DIRECTORY (systemd)]:CREDENTIAL: ' \
  '--at-login[the desktop starts it at log-in\: a tray is waited for, and the focus left alone]' \
  '--log-level=[how much the log tells\: debug, info, warning, error (info)]:LEVEL:(debug info warning error)' \
  '--environment=[which Telex\: production, staging, zedu, zedu-staging (production)]:NAME:(production staging zedu zedu-staging)' \
  '--api-url=[address of the API, ending in /api/v1]:URL: ' \
  '--push-url=[address of the push server]:URL: ' \
  '--ca-file=[PEM file of a private certificate authority, trusted beside the system'\''s]:FILE:_files' \
  '--config=[configuration file (default\: config.toml in the platform'\''s folder)]:FILE:_files' \
  '(- *)--help[show this help and exit]'
