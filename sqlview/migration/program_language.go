package migration

import "regexp"

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
	heredoc *regexp.Regexp
	// up and down begin the two ways. calls are what changes the database: its first
	// group is the name, its end the first argument; takesSQL are those that take SQL,
	// reads those that change nothing.
	up, down, calls, takesSQL, reads *regexp.Regexp
}

// never matches nothing.
var never = regexp.MustCompile(`[^\s\S]`)

var (
	python = &language{
		comments: []string{"#"}, quotes: []string{`"""`, `'''`, `"`, `'`}, prefixes: true, indented: true,
		up:   regexp.MustCompile(`(?m)^[ \t]*(?:async )?def upgrade\b`),
		down: regexp.MustCompile(`(?m)^[ \t]*(?:async )?def downgrade\b`),
		calls: regexp.MustCompile(`\b(op\.get_bind\(\)\.execute|(?:op|batch_op|migrations)\.(?:[a-z]\w*|` +
			`(?:Add|Alter|Create|Delete|Remove|Rename|Run|Separate)\w+)|` +
			`\w*(?:conn|connection|cursor|bind|schema_editor)(?:\(\))?\.execute)\s*\(\s*` +
			`(?:(?:sql|sqltext)\s*=\s*)?(?:(?:\w+\.)?text\s*\(\s*)?[rRbBuUfF]{0,2}`),
		takesSQL: regexp.MustCompile(`execute$|RunSQL$`),
		reads:    regexp.MustCompile(`\.(?:f|get_bind|get_context|swappable_dependency|inline_literal)$`),
	}
	ruby = &language{
		comments: []string{"#"}, quotes: []string{`"`, `'`}, inserts: map[string]string{`"`: "#{"}, longTexts: true,
		indented: true, heredoc: regexp.MustCompile(`^<<[~-]?(?:[A-Z_]+|"[A-Z_]+"|'[A-Z_]+')`),
		up:   regexp.MustCompile(`(?m)^[ \t]*def (?:up|change)\b`),
		down: regexp.MustCompile(`\bdef down\b|\b\w+\.down\b`),
		calls: regexp.MustCompile(`(?m)(?:^|[\s.{;])(` +
			`(?:add|change|remove|drop|create|rename|validate|enable|disable)_\w+|` +
			`(?:up_only|execute|exec_query|exec_update|update_all|delete_all|update_columns|insert_all|find_each)\b)` +
			`[ \t]*\(?\s*`),
		takesSQL: regexp.MustCompile(`^exec`), reads: regexp.MustCompile(`^disable_ddl_transaction$`),
	}
	javascript = &language{
		comments: []string{"//", "/*"}, quotes: []string{"`", `"`, `'`}, inserts: map[string]string{"`": "${"},
		indented: true,
		up:       regexp.MustCompile(`exports\.up\b|export (?:async )?(?:function|const) up\b|\bup\s*[:(]`),
		down:     regexp.MustCompile(`exports\.down\b|export (?:async )?(?:function|const) down\b|\bdown\s*[:(]`),
		calls: regexp.MustCompile(`(\b(?:schema|pgm|queryInterface|builder|migration)\s*\.\s*[a-z]\w*|` +
			`\.\s*(?:raw|query|sql|insert|update|del|delete|truncate)\b|\b(?:knex|trx)\b)\s*\(\s*`),
		takesSQL: regexp.MustCompile(`(?:^|\.\s*)(?:raw|query|sql)$`),
		reads: regexp.MustCompile(`\.\s*(?:noTransaction|func|literal|has\w+|describeTable|show\w+|` +
			`quote\w+|getQueryInterface)$`),
	}
	elixir = &language{
		comments: []string{"#"}, quotes: []string{`"""`, `"`}, inserts: map[string]string{`"`: "#{", `"""`: "#{"},
		longTexts: true, indented: true,
		up: regexp.MustCompile(`(?m)^[ \t]*def (?:up|change)\b`), down: regexp.MustCompile(`\bdef down\b`),
		calls: regexp.MustCompile(`(?m)(?:^|[\s.])((?:create|drop|alter|rename|create_if_not_exists|drop_if_exists|` +
			`execute|execute_file|query!?|update_all|insert_all)\b)[ \t]*\(?\s*`),
		takesSQL: regexp.MustCompile(`^execute$|^query!?$`), reads: never,
	}
	golang = &language{
		comments: []string{"//", "/*"}, quotes: []string{"`", `"`, `'`}, indented: true, rawTexts: true,
		up:   regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?[uU]p\w*\(`),
		down: regexp.MustCompile(`(?m)^func (?:\([^)]*\) )?[dD]own\w*\(`),
		calls: regexp.MustCompile(`\b(\w+\.(?:Must)?(?:Exec|Query|QueryRow|Prepare|NewRaw)(?:Context)?)\(\s*` +
			`(?:ctx\s*,\s*|context\.\w+\(\)\s*,\s*)?`),
		takesSQL: regexp.MustCompile(`.`), reads: never,
	}
)

// languages are those that belay reads, by the end of a file's name.
var languages = map[string]*language{
	".py": python, ".rb": ruby, ".js": javascript, ".ts": javascript, ".cjs": javascript, ".mjs": javascript,
	".exs": elixir, ".go": golang,
}
