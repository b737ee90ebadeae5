package db

// tunings are what the planner is told, by its own defaults. A role's costs or
// methods can make of a catalog query of milliseconds one that its statement_timeout
// ends. They change no meaning, so that what the team wrote into a backfill, a probe
// or [throttle] is asked with belay's too; a migration's statements have the team's.
var tunings = tuned(
	pin{name: "seq_page_cost", want: "1"}, pin{name: "random_page_cost", want: "4"},
	pin{name: "cpu_tuple_cost", want: "0.01"}, pin{name: "cpu_index_tuple_cost", want: "0.005"},
	pin{name: "cpu_operator_cost", want: "0.0025"}, pin{name: "effective_cache_size", want: "4GB"},
	pin{name: "cursor_tuple_fraction", want: "0.1"}, pin{name: "recursive_worktable_factor", want: "10", since: 15},
	pin{name: "from_collapse_limit", want: "8"}, pin{name: "join_collapse_limit", want: "8"},
	pin{name: "geqo", want: "on"}, pin{name: "geqo_threshold", want: "12"}, pin{name: "geqo_effort", want: "5"},
	pin{name: "geqo_pool_size", want: "0"}, pin{name: "geqo_generations", want: "0"},
	pin{name: "constraint_exclusion", want: "partition"}, pin{name: "plan_cache_mode", want: "auto", since: 12},
	pin{name: "work_mem", want: "4MB"}, pin{name: "hash_mem_multiplier", want: "2", since: 13},
	// starting a worker takes longer than most of what is asked
	pin{name: "max_parallel_workers_per_gather", want: "0"},
	pin{name: "enable_bitmapscan", want: "on"}, pin{name: "enable_hashagg", want: "on"},
	pin{name: "enable_hashjoin", want: "on"}, pin{name: "enable_incremental_sort", want: "on", since: 13},
	pin{name: "enable_indexonlyscan", want: "on"}, pin{name: "enable_indexscan", want: "on"},
	pin{name: "enable_material", want: "on"}, pin{name: "enable_memoize", want: "on", since: 14},
	pin{name: "enable_mergejoin", want: "on"}, pin{name: "enable_nestloop", want: "on"},
	pin{name: "enable_partition_pruning", want: "on", since: 11}, pin{name: "enable_seqscan", want: "on"},
	pin{name: "enable_sort", want: "on"}, pin{name: "enable_tidscan", want: "on"},
)

func tuned(all ...pin) []pin {
	for i := range all {
		all[i].tunes = true
	}
	return all
}
