# bash completion for kokoctl; made by ctl_gen from clients/ctl_cmds.c
_kokoctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} words=""
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="status user group member peer check conf batch --socket --json --help --version"
	elif [ "$COMP_CWORD" -eq 2 ]; then
	case ${COMP_WORDS[1]} in
	user) words="add list show passwd disable enable " ;;
	group) words="add set list show " ;;
	member) words="add list remove " ;;
	peer) words="add list status pause resume remove " ;;
	esac
	else
	case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in
	"user add") words="--name --address --lang --right --hash --password-stdin --password-file --json --help" ;;
	"user passwd") words="--hash --password-stdin --password-file --json --help" ;;
	"group add") words="--title --kind --class --posting --reply --json --help" ;;
	"group set") words="--reply --json --help" ;;
	"peer add") words="--host --port --tls --no-tls --groups --cert --from-now --json --help" ;;
	"conf") words="--diff --json --help" ;;
	*) words="--json --help" ;;
	esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _kokoctl kokoctl
