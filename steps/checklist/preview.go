package checklist

import (
	"bytes"
	"context"
	"os"
	"strings"
	"time"

	"belay/db"
	"belay/sqlview/migration"
	"belay/sqlview/pattern"
	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/command"
	"belay/steps/fact"
)

// previewLimit is how long a tool may take to print the SQL of one migration.
const previewLimit = 30 * time.Second

// previews asks the tool itself for the SQL of the programs that would run, where it can
// print that and somebody has allowed the team's command. It prints what it would send,
// in sessions that may not write. What it does not print stays not known.
func previews(ctx context.Context, e *steps.Env, b *steps.Folder, all []migration.Migration) error {
	if b.Command == nil || b.Format.Preview == nil || b.Back || len(all) == 0 {
		return nil
	}
	if may, _, err := consent(e); err != nil || !may {
		return err
	}
	had := b.Previews
	b.Previews = map[string]steps.Preview{}
	for _, m := range all {
		if p, ok := had[m.Up.SHA256]; ok {
			b.Previews[m.Up.SHA256] = p
			continue
		}
		argv := b.Format.Preview(b.Command.Argv, m, before(b.Files, m))
		if argv == nil || m.Up.Tx != migration.TxForeign {
			continue
		}
		if err := e.Progress(ctx, "preflight", "asks for the SQL of %s: %s", m.Up.Path,
			strings.Join(argv, " ")); err != nil {
			return err
		}
		sql, err := command.Print(ctx, e.Project.Dir, argv, readingEnviron(e), previewLimit)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p := steps.Preview{By: strings.Join(argv, " ")}
		p.SQL, p.InOne = withoutFrame(sql)
		if err != nil {
			p = steps.Preview{By: p.By, Why: oneLine(secret.Line(err.Error()))}
		} else if len(bytes.TrimSpace(sql)) == 0 {
			p.Why = "it printed nothing"
		}
		b.Previews[m.Up.SHA256] = p
	}
	return nil
}

var (
	frame = pattern.New(`(?m)^(BEGIN|COMMIT);[ \t]*$`)
	// bookkeeping is how Alembic writes its own row.
	bookkeeping = pattern.New(`(?m)^(INSERT INTO|UPDATE|DELETE FROM) alembic_version .*;[ \t]*$`)
)

// withoutFrame blanks what the tool writes around a migration: one BEGIN and COMMIT,
// and its own row. Every line keeps its number.
func withoutFrame(sql []byte) (text []byte, inOne bool) {
	text = bookkeeping.ReplaceAll(sql, nil)
	if inOne = len(frame.FindAll(text, -1)) == 2; inOne {
		text = frame.ReplaceAll(text, nil)
	}
	return text, inOne
}

// readingEnviron is the person's own environment, with sessions that may only read.
func readingEnviron(e *steps.Env) []string {
	var kept []string
	options := ""
	for _, kv := range os.Environ() {
		switch name, value, _ := strings.Cut(kv, "="); name {
		case "PGOPTIONS":
			options = value + " "
		case "PGAPPNAME":
		default:
			kept = append(kept, kv)
		}
	}
	name := db.Session{Kind: db.Executor, Run: e.Run, Step: "preview"}.ApplicationName()
	return append(kept, "PGAPPNAME="+name, "PGOPTIONS="+options+
		"-c default_transaction_read_only=on -c lock_timeout=200 -c statement_timeout=5000")
}

// previewItems say by what the SQL of a program is known, or why it is not.
func previewItems(b *steps.Folder) (items []fact.Item) {
	for _, m := range b.Chosen {
		p, ok := b.Previews[m.Up.SHA256]
		switch {
		case !ok:
		case p.Why != "":
			items = append(items, fact.Item{
				ID: "preview", Level: fact.Look, Text: m.Up.Path + ": its SQL is not known: " + p.By + ": " + p.Why,
				Hint: "see that this command prints it here",
			})
		default:
			items = append(items, fact.Item{
				ID: "preview", Level: fact.OK, Text: m.Up.Path + " is judged by what " + p.By + " prints",
			})
		}
	}
	return items
}
