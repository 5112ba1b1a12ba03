# Bash completion for gctxdbg: subcommands, options and their values, processes, files.

# Offers all PIDs, without names: bash would insert a name together with the number.
_gctxdbg_pids()
{
	mapfile -t COMPREPLY < <(compgen -W "$(command ps axo pid= 2>/dev/null)" -- "$cur")
}

_gctxdbg_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# Completes the value of option $1; returns 1 if the option has none.
_gctxdbg_value()
{
	case $1 in
	--color)
		mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
		;;
	--pause)
		mapfile -t COMPREPLY < <(compgen -W 'stop fork' -- "$cur")
		;;
	-x | --script | --exe | --debug-file)
		_gctxdbg_files
		;;
	--plugin-dir)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		;;
	-e | --eval | --max-stop | --limit | --runtime) ;;
	*)
		return 1
		;;
	esac
}

_gctxdbg()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--eval= --script= --batch --pause= --max-stop= --color= --exe= --debug-file=
		--plugin-dir= --runtime= --quiet --version --help'
	[[ ${COMP_WORDS[1]} == dump ]] && options+=' --stacks --limit= --json'
	COMPREPLY=()

	# Bash splits "--color=al" into three words.
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_gctxdbg_value "$prev" && return

	local subcommand=${COMP_WORDS[1]}
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
		return
	fi
	if ((COMP_CWORD == 1)); then
		mapfile -t COMPREPLY < <(compgen -W 'attach core exec dump' -- "$cur")
		return
	fi
	case $subcommand in
	attach)
		_gctxdbg_pids
		;;
	core)
		_gctxdbg_files
		;;
	dump)
		_gctxdbg_pids
		local pids=("${COMPREPLY[@]}")
		_gctxdbg_files
		COMPREPLY+=("${pids[@]}")
		;;
	exec)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -c -- "$cur"; compgen -f -- "$cur")
		;;
	esac
} &&
	complete -F _gctxdbg gctxdbg
