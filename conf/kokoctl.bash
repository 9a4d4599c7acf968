# bash completion for kokoctl; made by ctl_gen from clients/ctl_cmds.c
_kokoctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} words=""
	if [ "$COMP_CWORD" -eq 1 ]; then
		words="status user group member federation peer check conf batch --socket --json --help --version"
	elif [ "$COMP_CWORD" -eq 2 ]; then
	case ${COMP_WORDS[1]} in
	user) words="add list show passwd disable enable " ;;
	group) words="add set list show share invite remove-member moderator confirm-entries ban freeze people requests grant refuse settle deputy quorum owner " ;;
	member) words="add list remove " ;;
	federation) words="found check show rotate-key revoke-key address admin suspend resume gone quorum settle settle-own drafts draft " ;;
	peer) words="invite accept numbers confirm add list status clear-alarms pause resume block unblock remove " ;;
	esac
	else
	case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in
	"user add") words="--name --address --lang --right --hash --password-stdin --password-file --json --help" ;;
	"user passwd") words="--hash --password-stdin --password-file --json --help" ;;
	"group add") words="--title --kind --class --posting --reply --json --help" ;;
	"group set") words="--reply --json --help" ;;
	"group share") words="--public --news-servers --history --title --json --help" ;;
	"group invite") words="--ro --as --by-quorum --json --help" ;;
	"group remove-member") words="--by-quorum --as --json --help" ;;
	"group moderator") words="--remove --as --by-quorum --json --help" ;;
	"group confirm-entries") words="--by-quorum --json --help" ;;
	"group ban") words="--lift --as --by-quorum --json --help" ;;
	"group freeze") words="--end --as --by-quorum --json --help" ;;
	"group refuse") words="--reason --json --help" ;;
	"group deputy") words="--remove --by-quorum --json --help" ;;
	"group quorum") words="--by-quorum --json --help" ;;
	"group owner") words="--by-quorum --json --help" ;;
	"federation found") words="--organisation --prefix --json --help" ;;
	"federation rotate-key") words="--tls --code-stdin --code-file --json --help" ;;
	"federation revoke-key") words="--code-stdin --code-file --json --help" ;;
	"federation address") words="--code-stdin --code-file --json --help" ;;
	"federation admin") words="--remove --json --help" ;;
	"federation gone") words="--for-ever --json --help" ;;
	"federation settle-own") words="--code-stdin --code-file --json --help" ;;
	"federation draft") words="show add sign --answer drop resume --json --help" ;;
	"peer invite") words="--prefix --json --help" ;;
	"peer accept") words="--organisation --json --help" ;;
	"peer confirm") words="--numbers --answer --json --help" ;;
	"peer add") words="--host --port --tls --no-tls --groups --cert --from-now --json --help" ;;
	"conf") words="--diff --json --help" ;;
	*) words="--json --help" ;;
	esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o default -F _kokoctl kokoctl
