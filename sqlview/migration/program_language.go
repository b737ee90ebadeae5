package migration

import "belay/sqlview/pattern"

// language is how a program is read, as far as it takes to find the SQL in it.
type language struct {
	comments, quotes []string
	// inserts is what puts a value into a text of these quotation marks.
	inserts map[string]string
	// prefixes is true where letters before a text belong to it; longTexts where one
	// goes on over lines; indented where a block ends with its indentation; rawTexts where
	// a backslash in ` is one.
	prefixes, longTexts, indented, rawTexts bool
	// heredoc begins a text on the next line; nil = the language has none.
	heredoc *pattern.Pattern
	// up and down begin the two ways. calls are what changes the database: its first
	// group is the name, its end the first argument; takesSQL are those that take SQL,
	// reads those that change nothing.
	up, down, calls, takesSQL, reads *pattern.Pattern
}

// never matches nothing.
var never = pattern.New(`[^\s\S]`)

var (
	python = &language{
		comments: []string{"#"}, quotes: []string{`"""`, `'''`, `"`, `'`}, prefixes: true, indented: true,
		up:   pattern.New(`(?m)^[ \t]*(?:async )?def upgrade\b`),
		down: pattern.New(`(?m)^[ \t]*(?:async )?def downgrade\b`),
		calls: pattern.New(`\b(op\.get_bind\(\)\.execute|(?:op|batch_op|migrations)\.(?:[a-z]\w*|` +
			`(?:Add|Alter|Create|Delete|Remove|Rename|Run|Separate)\w+)|` +
			`\w*(?:conn|connection|cursor|bind|schema_editor)(?:\(\))?\.execute)\s*\(\s*` +
			`(?:(?:sql|sqltext)\s*=\s*)?(?:(?:\w+\.)?text\s*\(\s*)?[rRbBuUfF]{0,2}`),
		takesSQL: pattern.New(`execute$|RunSQL$`),
		reads:    pattern.New(`\.(?:f|get_bind|get_context|swappable_dependency|inline_literal)$`),
	}
	ruby = &language{
		comments: []string{"#"}, quotes: []string{`"`, `'`}, inserts: map[string]string{`"`: "#{"}, longTexts: true,
		indented: true, heredoc: pattern.New(`^<<[~-]?(?:[A-Z_]+|"[A-Z_]+"|'[A-Z_]+')`),
		up:   pattern.New(`(?m)^[ \t]*def (?:up|change)\b`),
		down: pattern.New(`\bdef down\b|\b\w+\.down\b`),
		calls: pattern.New(`(?m)(?:^|[\s.{;])(` +
			`(?:add|change|remove|drop|create|rename|validate|enable|disable)_\w+|` +
			`(?:up_only|execute|exec_query|exec_update|update_all|delete_all|update_columns|insert_all|find_each)\b)` +
			`[ \t]*\(?\s*`),
		takesSQL: pattern.New(`^exec`), reads: pattern.New(`^disable_ddl_transaction$`),
	}
	javascript = &language{
		comments: []string{"//", "/*"}, quotes: []string{"`", `"`, `'`}, inserts: map[string]string{"`": "${"},
		indented: true,
		up:       pattern.New(`exports\.up\b|export (?:async )?(?:function|const) up\b|\bup\s*[:(]`),
		down:     pattern.New(`exports\.down\b|export (?:async )?(?:function|const) down\b|\bdown\s*[:(]`),
		calls: pattern.New(`(\b(?:schema|pgm|queryInterface|builder|migration)\s*\.\s*[a-z]\w*|` +
			`\.\s*(?:raw|query|sql|insert|update|del|delete|truncate)\b|\b(?:knex|trx)\b)\s*\(\s*`),
		takesSQL: pattern.New(`(?:^|\.\s*)(?:raw|query|sql)$`),
		reads: pattern.New(`\.\s*(?:noTransaction|func|literal|has\w+|describeTable|show\w+|` +
			`quote\w+|getQueryInterface)$`),
	}
	elixir = &language{
		comments: []string{"#"}, quotes: []string{`"""`, `"`}, inserts: map[string]string{`"`: "#{", `"""`: "#{"},
		longTexts: true, indented: true,
		up: pattern.New(`(?m)^[ \t]*def (?:up|change)\b`), down: pattern.New(`\bdef down\b`),
		calls: pattern.New(`(?m)(?:^|[\s.])((?:create|drop|alter|rename|create_if_not_exists|drop_if_exists|` +
			`execute|execute_file|query!?|update_all|insert_all)\b)[ \t]*\(?\s*`),
		takesSQL: pattern.New(`^execute$|^query!?$`), reads: never,
	}
	golang = &language{
		comments: []string{"//", "/*"}, quotes: []string{"`", `"`, `'`}, indented: true, rawTexts: true,
		up:   pattern.New(`(?m)^func (?:\([^)]*\) )?[uU]p\w*\(`),
		down: pattern.New(`(?m)^func (?:\([^)]*\) )?[dD]own\w*\(`),
		calls: pattern.New(`\b(\w+\.(?:Must)?(?:Exec|Query|QueryRow|Prepare|NewRaw)(?:Context)?)\(\s*` +
			`(?:ctx\s*,\s*|context\.\w+\(\)\s*,\s*)?`),
		takesSQL: pattern.New(`.`), reads: never,
	}
)

// languages are those that belay reads, by the end of a file's name.
var languages = map[string]*language{
	".py": python, ".rb": ruby, ".js": javascript, ".ts": javascript, ".cjs": javascript, ".mjs": javascript,
	".exs": elixir, ".go": golang,
}
