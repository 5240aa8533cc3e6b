# bash completion for telex-start; made by `python -m telex_start.reference bash`

_telex_start() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' options='' arguments='' word
    # bash breaks --option=value into three words.
    if [[ $cur == = ]]; then
        cur=''
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    if (( COMP_CWORD > 1 )); then
        case ${COMP_WORDS[1]} in
            doctor | pause | preferences | reload | autostart | integrate | sandbox | demo) command=${COMP_WORDS[1]} ;;
        esac
    fi
    COMPREPLY=()
    case $command:$prev in
        :--email | :--password-credential | :--api-url | \
        :--push-url | doctor:--api-url | doctor:--push-url | \
        pause:--api-url | pause:--push-url | preferences:--api-url | \
        preferences:--push-url | reload:--api-url | reload:--push-url | \
        sandbox:--port | sandbox:--push-port | sandbox:--organisations | \
        sandbox:--connection-ttl | sandbox:--subscription-ttl | sandbox:--ping | \
        sandbox:--stale-close-delay | sandbox:--expired-close-delay | sandbox:--rate | \
        sandbox:--burst | sandbox:--history | sandbox:--history-ttl | \
        sandbox:--story-interval | sandbox:--clock-offset | sandbox:--date-ahead | \
        demo:--toasts | demo:--story-interval)
            return
            ;;
        :--log-level)
            COMPREPLY=($(compgen -W 'debug info warning error' -- "$cur"))
            return
            ;;
        :--environment | doctor:--environment | pause:--environment | \
        preferences:--environment | reload:--environment)
            COMPREPLY=($(compgen -W 'production staging zedu zedu-staging' -- "$cur"))
            return
            ;;
        :--ca-file | :--config | doctor:--ca-file | \
        doctor:--config | pause:--ca-file | pause:--config | \
        preferences:--ca-file | preferences:--config | reload:--ca-file | \
        reload:--config | sandbox:--centrifugo)
            compopt -o filenames 2>/dev/null
            local IFS=$'\n'
            COMPREPLY=($(compgen -f -- "$cur"))
            return
            ;;
        sandbox:--slugs)
            COMPREPLY=($(compgen -W 'new older none' -- "$cur"))
            return
            ;;
        sandbox:--new-message)
            COMPREPLY=($(compgen -W 'before after never' -- "$cur"))
            return
            ;;
        sandbox:--centrifugo-config-style)
            COMPREPLY=($(compgen -W 'v5 v6' -- "$cur"))
            return
            ;;
    esac
    case $command in
        '')
            options='--version --login --exit --headless --json --email --password-stdin --password-credential --at-login --log-level --environment --api-url --push-url --ca-file --config --help'
            arguments='doctor pause preferences reload autostart integrate sandbox demo'
            ;;
        doctor)
            options='--environment --api-url --push-url --ca-file --config --help'
            arguments=''
            ;;
        pause)
            options='--environment --api-url --push-url --ca-file --config --help'
            arguments='30m 1h 4h tomorrow on off'
            ;;
        preferences)
            options='--environment --api-url --push-url --ca-file --config --help'
            arguments=''
            ;;
        reload)
            options='--environment --api-url --push-url --ca-file --config --help'
            arguments=''
            ;;
        autostart)
            options='--headless --help'
            arguments='on off status'
            ;;
        integrate)
            options='--help'
            arguments='on off status'
            ;;
        sandbox)
            options='--port --push-port --organisations --connection-ttl --subscription-ttl --ping --stale-close-delay --expired-close-delay --rate --burst --history --history-ttl --no-notification-token --slugs --new-message --one-profile --honour-subs --any-origin --no-story --story-interval --clock-offset --date-ahead --centrifugo --centrifugo-config-style --until-stdin-closes --help'
            arguments=''
            ;;
        demo)
            options='--headless --login --toasts --story-interval --help'
            arguments=''
            ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [[ -n $command ]]; then
        for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
            if [[ " $arguments " == *" $word "* ]]; then return; fi
        done
        COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
    elif (( COMP_CWORD == 1 )); then
        COMPREPLY=($(compgen -W "$arguments" -- "$cur"))
    fi
}

complete -F _telex_start telex-start
