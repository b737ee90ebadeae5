package steps

// AnswersFile is who an answer from an answers file comes from.
const AnswersFile = "answers file"

// The questions that are asked before a run and heeded in it.
const (
	RunHold            = "run.hold"
	LedgerCreate       = "ledger.create"
	LedgerUpgrade      = "ledger.upgrade"
	BackfillTrigger    = "backfill.trigger"
	BackfillOverwrites = "backfill.overwrites"
	BackfillVacuum     = "backfill.vacuum"
)

// QuestionDoc describes a question that belay may ask, for `belay explain
// questions` and for answers files. Ids are stable: none is ever renamed.
type QuestionDoc struct {
	ID string
	// Answers says in words what may be answered. Words are the answers where they are a
	// closed list, each with what it does; screens show both, answers files use the word.
	Answers string
	Words   []Word
	// Doc says when it is asked and what the answer changes.
	Doc string
	// Prefix is true for an id whose last part is filled in, such as
	// review.accept.RULE.
	Prefix bool
}

// Word is one answer of a closed list, and what it does. RUN in Does stands for the run.
type Word struct{ Answer, Does string }

var questionDocs = []QuestionDoc{
	{ID: "target.environment", Answers: "production, staging, local",
		Words: []Word{
			{"production", "real users; the database name is typed before a run"},
			{"staging", "shared, but no real users"},
			{"local", "a database that only you use"},
		},
		Doc: "Asked once for a database that nobody has named yet. The word decides how much is asked before a run; " +
			"unknown counts as production. It is remembered in your user configuration."},
	{ID: "target.address", Answers: "yes, no",
		Words: []Word{
			{"yes", "it is the same database at a new address"},
			{"no", "it is not: stop here"},
		},
		Doc: "Asked when a database that you know answers at a new address. It may have moved, or this may be a copy " +
			"of it."},
	{ID: "target.timeline", Answers: "yes, no",
		Words: []Word{
			{"yes", "go on with the run on this server"},
			{"no", "end here; `belay attach RUN` goes on later"},
		},
		Doc: "Asked when a run meets a server that was promoted since it began. What the journal says is applied was " +
			"looked for first; what the application wrote last may be lost."},
	{ID: "tool.choice", Answers: "one of the tools and folders found",
		Doc: "Asked when several migrations folders or tools are possible."},
	{ID: "command.choice", Answers: "belay, command",
		Words: []Word{
			{"belay", "belay runs the files, in short tries, and records them in the team's table"},
			{"command", "the team's own command runs them, and belay watches"},
		},
		Doc: "Asked of plain files beside a command of the team's (the script migrate of package.json, the target " +
			"migrate of a Makefile). Where the team's table is one that belay can write, belay is proposed. command " +
			"in " +
			"belay.toml settles it for any tool."},
	{ID: "command.unseen", Answers: "a reason in your words",
		Doc: "Asked before the team's own command runs a migration that is a program, or a text that only the tool " +
			"can " +
			"complete: which SQL it sends is not known beforehand. The reason goes into the report."},
	{ID: "tool.wait", Answers: "wait, no",
		Words: []Word{
			{"wait", "wait until it has ended, look again, and go on with what is pending then"},
			{"no", "end here; nothing has changed"},
		},
		Doc: "Asked when the team's tool works on the database now: a session holds its lock, or still runs a " +
			"statement of a dirty version, whose client may be gone. A version is dirty for as long as it is worked " +
			"on; nothing is to be forced meanwhile."},
	{ID: "history.create", Answers: "yes, no",
		Words: []Word{
			{"yes", "create it with the statement that is shown, inside the run"},
			{"no", "run no file: which of them have run could not be recorded"},
		},
		Doc: "Asked when the tool's history table does not exist yet. It is created with the tool's own DDL, inside " +
			"the run."},
	{ID: "backup.choice",
		Answers: "dump, schema, earlier, snapshot, pitr, none; snapshot and pitr with words: \"pitr: restore tested " +
			"on 2 May\"",
		Words: []Word{
			{"dump", "pg_dump of everything, read back to its end before it counts"},
			{"schema", "pg_dump of the schema alone, in seconds: it shows what was there and brings no rows back"},
			{"earlier", "use the dump that is there already, once it was read to its end again"},
			{"snapshot", "a snapshot of yours; you name it"},
			{"pitr", "your archive with point-in-time recovery; you name what was tested"},
			{"none", "nothing now: what is lost then stays lost"},
		},
		Doc: "Which copy of the data could be restored if everything goes wrong. At low risk, and outside " +
			"production, the proposed answer is taken when the run is confirmed. A dump that belay made of this " +
			"database for the same files in the last 24 hours is offered again, and one with rows of the last hour " +
			"where the files were changed since; pg_dump starts only by an answer."},
	{ID: "backup.named", Answers: "which snapshot or archive, and when a restore of it was tested",
		Doc: "Asked when snapshot or pitr was chosen without words. It goes into the report."},
	{ID: "backup.waive", Answers: "a reason in your words",
		Doc: "Asked when none was chosen for a risky migration on production."},
	{ID: "rehearse.choice", Answers: "scratch, none",
		Words: []Word{
			{"scratch", "apply, take back and apply again on a throwaway cluster on this machine"},
			{"none", "no rehearsal"},
		},
		Doc: "Scratch rehearses on a throwaway cluster on this machine: apply, roll back, apply again. At low risk, " +
			"and outside production, it is made when the run is confirmed."},
	{ID: "rehearse.waive", Answers: "a reason in your words",
		Doc: "Asked when a risky migration goes to production without a rehearsal."},
	{ID: "rehearse.on", Answers: "the database's name",
		Doc: "Asked by `belay rehearse --on DSN` for a server that is neither local nor declared disposable: the " +
			"migration is applied there, forward only, and stays."},
	{ID: "preflight.waive", Answers: "a reason in your words",
		Doc: "Asked when the preflight found something that stops the run, and that a reason of yours may override."},
	{ID: "review.accept.", Answers: "a reason in your words", Prefix: true,
		Doc: "Asked for each rule of level stop that the migration breaks. The reason goes into the report."},
	{ID: "review.write", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the files; nothing is committed"},
			{"no", "write nothing"},
		},
		Doc: "Asked before the safe form of a migration is written into the folder, by `belay review --fix --write` " +
			"and by f in the review. It says how many files come and whether the original goes; nothing is committed."},
	{ID: "renumber.ran", Answers: "yes, no",
		Words: []Word{
			{"yes", "this file was run there: it keeps its version"},
			{"no", "this file was never run there: it may get a later version"},
		},
		Doc: "Asked by `belay renumber` where the history table cannot tell whether a file has run: two files have " +
			"the version that is recorded, or one row stands for every version up to it."},
	{ID: "renumber.write", Answers: "yes, no",
		Words: []Word{
			{"yes", "rename the files; nothing is committed"},
			{"no", "rename nothing"},
		},
		Doc: "Asked by `belay renumber`, and by n in the guide, before files are renamed. It says which, to what, " +
			"and which other files name them."},
	{ID: "unedit.write", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the files; nothing is committed"},
			{"no", "write nothing"},
		},
		Doc: "Asked by `belay unedit`, and by t in the guide, before edited migrations get their text back. It says " +
			"which, and shows the migration that holds what the edits changed."},
	{ID: "new.write", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the files; nothing is committed"},
			{"no", "write nothing"},
		},
		Doc: "Asked before the migrations of an entry of the start menu are written into the folder. It shows them; " +
			"nothing is overwritten."},
	{ID: "menu.", Answers: "names of your own, as in the sample beside the question", Prefix: true,
		Doc: "Asked by enter on an entry of the start menu: which table, which column. What comes of it is shown, " +
			"and nothing is written before `new.write`."},
	{ID: "adopt.keep", Answers: "yes, no",
		Words: []Word{
			{"yes", "keep the hashes in the ledger, as assumed"},
			{"no", "keep nothing"},
		},
		Doc: "Asked by `belay adopt` before the hashes of applied files are kept. It says which files."},
	{ID: "deploy.state", Answers: "not-out, going-out, everywhere",
		Words: []Word{
			{"not-out", "nothing runs that code yet"},
			{"going-out", "some processes run it, some do not"},
			{"everywhere", "every process runs it: web, workers and jobs"},
		},
		Doc: "Asked once when a statement breaks application code: where the new code runs, the code that fits the " +
			"schema after this migration. Before a statement that breaks OLD code the new code must run everywhere; " +
			"otherwise the order is wrong and the run stops. A statement that NEW code needs should run before that " +
			"code is deployed (not-out)."},
	{ID: "deploy.waive", Answers: "a reason in your words",
		Doc: "Asked when deploy.state says that the order is wrong. The reason lifts the stop and goes into the " +
			"report; so does another answer to deploy.state."},
	{ID: anyWaiver, Answers: "a reason in your words",
		Doc: "Asked when a step stops and a reason may lift that, as preflight.waive. The reason goes into the " +
			"report."},
	{ID: "run.hold", Answers: "a time span such as 40s",
		Doc: "Asked when a file is not instant: how long its locks may be held at most. After that time the server " +
			"undoes it."},
	{ID: "run.confirm", Answers: "the database's name; yes is enough on staging and local",
		Doc: "Asked once, in the run dialog. Nothing is written before."},
	{ID: "rollback.confirm", Answers: "the database's name; yes is enough on staging and local",
		Doc: "Asked once, in the dialog of `belay rollback`: it names what is taken back and what that loses. " +
			"Nothing is written before."},
	{ID: "run.takeover", Answers: "the database's name",
		Doc: "Asked in the place of run.confirm where another host left the same run and nothing of it lives on the " +
			"server. Yes makes this host its owner: belay asks the database about every file, then goes on. The host " +
			"before sends nothing more, also when it wakes up."},
	{ID: "run.autovacuum", Answers: "yes, no",
		Words: []Word{
			{"yes", "wait 1.5 s once; the server then cancels the autovacuum, which comes back later"},
			{"no", "leave the autovacuum alone"},
		},
		Doc: "Asked when only an autovacuum that would yield is in the way. Yes waits 1.5 s once; the server then " +
			"cancels the autovacuum and starts it again later."},
	{ID: "run.go_on", Answers: "yes, no",
		Words: []Word{
			{"yes", "go on with it, with the same limits, then with the files after it"},
			{"no", "stop here and leave it as it is"},
		},
		Doc: "Asked when other sessions were in the way of every try of a file or of a backfill's sync trigger, or " +
			"when a run was left before all its files had run. The question says what of the file is done, and who " +
			"was in the way; on a screen that session can be ended from there, by typed words."},
	{ID: "run.unwatched", Answers: "yes, no",
		Words: []Word{
			{"yes", "go on to the next file although no screen watches"},
			{"no", "wait before the next file while no screen watches"},
		},
		Doc: "Yes lets a run go on to its next file although no screen watches it."},
	{ID: "run.resolve", Answers: "wait, cancel, leave",
		Words: []Word{
			{"wait", "let it work; once it has ended belay asks the database what came of it, and goes on with the " +
				"next file"},
			{"cancel", "end it on the server; then this file is tried again, and before an INVALID index of it is " +
				"dropped you are asked"},
			{"leave", "let it work, and end this run here; `belay attach RUN` goes on later"},
		},
		Doc: "Asked when a statement of an earlier engine still runs on the server."},
	{ID: "run.sent", Answers: "leave, again, done",
		Words: []Word{
			{"leave", "change nothing; look what it did first"},
			{"again", "send it once more: only where that does no harm"},
			{"done", "count it as run, and record the version because you say so"},
		},
		Doc: "Asked when a CALL or DO that commits by itself failed halfway, or its answer was lost: what it " +
			"committed stays, and nobody knows how much that is. again sends it once more, where that does no harm; " +
			"done counts it as run and records the version because you say so. Without an answer the run ends with " +
			"exit code 5."},
	{ID: "run.lost", Answers: "leave, again",
		Words: []Word{
			{"leave", "end this run, and touch nothing"},
			{"again", "run it once more on this server, then go on with the files after it"},
		},
		Doc: "Asked when a file was applied and the server does not have it any more: a failover or a restore took " +
			"it. Without an answer the run ends with exit code 5; again runs it once more."},
	{ID: "backfill.trigger", Answers: "yes, no",
		Words: []Word{
			{"yes", "create the sync trigger before the first batch and drop it at the end"},
			{"no", "create none: what fills new rows is yours"},
		},
		Doc: "Asked by a backfill when nothing fills rows that are written meanwhile: yes creates a sync trigger " +
			"before the first batch and drops it at the end. Its SQL and its cost are shown."},
	{ID: "backfill.overwrites", Answers: "yes, no",
		Words: []Word{
			{"yes", "what the application writes before its row's batch may be replaced"},
			{"no", "nothing runs: give the backfill a condition that looks at what it sets"},
		},
		Doc: "Asked by a backfill whose WHERE does not look at the column that it sets: each row is changed when its " +
			"batch comes, whatever the application has written there by then. The question shows a WHERE that leaves " +
			"such values alone."},
	{ID: "backfill.next", Answers: "leave, again, trigger, record",
		Words: []Word{
			{"leave", "end here with the backfill open; the same command goes on later"},
			{"again", "fill the rows that are left now"},
			{"trigger", "create a sync trigger that fills new rows until the end, then fill what is left"},
			{"record", "record the version with these rows left; you give the reason"},
		},
		Doc: "Asked on a screen when a backfill has reached every row and some are still not as its statement makes " +
			"them. A sync trigger is offered where nothing fills new rows. Without a terminal backfill.left is asked " +
			"instead."},
	{ID: "backfill.left", Answers: "a reason in your words; empty = leave it open",
		Doc: "Asked when a backfill has reached every row and some are still not as its statement makes them. The " +
			"question says how many, and what fills new rows. Left open, the same command goes on and fills what is " +
			"left. A reason records it with these rows left; the run then ends with exit code 4, and the next file " +
			"waits until it is gone on with."},
	{ID: "backfill.vacuum", Answers: "yes, no",
		Words: []Word{
			{"yes", "VACUUM the table after every tenth of the rows"},
			{"no", "leave VACUUM to the server"},
		},
		Doc: "Offered by a backfill; without an answer it counts as no when the run is confirmed: whether belay may " +
			"VACUUM the table after every tenth of the rows."},
	{ID: "ledger.create", Answers: "yes, no",
		Words: []Word{
			{"yes", "create it in the run"},
			{"no", "keep the run on this host alone; a backfill cannot be run then"},
		},
		Doc: "Asked when the database has no schema belay yet: by a backfill, whose cursor is kept there in the " +
			"transaction of its rows, and before a run where belay.toml says ledger = \"target\". The DDL is shown. " +
			"No means that no other host can take the run over."},
	{ID: "ledger.upgrade", Answers: "yes, no",
		Words: []Word{
			{"yes", "add the tables to the schema belay"},
			{"no", "leave the ledger as it is"},
		},
		Doc: "Asked by `belay approve --setup` where the database has a ledger of an older version: whether the " +
			"tables for approvals from other hosts are added to it. The DDL is shown. Older belays refuse the ledger " +
			"from then on."},
	{ID: "monitor.log",
		Answers: "a file, or a command that goes on printing, such as journalctl -fu shop; empty = none",
		Doc: "Asked once where belay.toml names no [monitor] log: where the application's errors can be read " +
			"while belay watches. They are counted by SQLSTATE, against what was there before the run; no line is " +
			"kept. Without it the verdict says that application logs were NOT watched. A run may begin without an " +
			"answer, and without a terminal none is asked for."},
	{ID: "smoke.url", Answers: "a URL, empty = none",
		Doc: "Asked once where belay.toml has no [smoke] probes: the application's health URL, asked before and " +
			"after the run. A run may begin without an answer, and without a terminal none is asked for."},
	{ID: "smoke.resolve", Answers: "again, monitor, rollback",
		Words: []Word{
			{"again", "ask the application once more"},
			{"monitor", "go on as it is, and watch"},
			{"rollback", "end here; `belay rollback RUN` then takes it back, and asks"},
		},
		Doc: "Asked when a probe was well before the run and is red after it. Without a terminal the run then ends " +
			"with exit code 1: applied, and not well."},
	{ID: "trust.target", Answers: "yes, no; in an answers file the sha256 that the question names",
		Words: []Word{
			{"yes", "connect there, as long as the file and the address stay as they are"},
			{"no", "send nothing there; everything is judged from the files alone"},
		},
		Doc: "Asked before belay connects to a server that only the repository's belay.toml names, or in a way that " +
			"only it decides. Until then nothing is sent there. The yes is bound to the file's bytes and the " +
			"address, and remembered in your user configuration."},
	{ID: "trust.commands", Answers: "yes, no; in an answers file the sha256 that the question names: of belay.toml, " +
		"with a command of the team's of the named files one behind the other",
		Words: []Word{
			{"yes", "they may run here as long as the files stay as they are"},
			{"no", "leave them out"},
		},
		Doc: "Asked before a command or a query of belay.toml runs, an address of it is requested, dumps go where it " +
			"says, or the team's own command runs the migrations, for the first time. The yes is bound to the bytes " +
			"of " +
			"the files that the question names (cat them in that order into sha256sum) and remembered in your user " +
			"configuration."},
	{ID: "monitor.resolve", Answers: "watch, rollback, end",
		Words: []Word{
			{"watch", "go on watching; the clean minutes are counted from 0 again"},
			{"rollback", "end here; `belay rollback RUN` then takes it back, and asks"},
			{"end", "end the watch; it stays applied"},
		},
		Doc: "Asked when a signal turns red after the run: go on watching, end here with the command that takes it " +
			"back, or end the watch."},
	{ID: "monitor.waive", Answers: "a reason in your words",
		Doc: "Given in an answers file it leaves the watch after the run out; the reason goes into the report. " +
			"Without a terminal belay watches only where belay.toml has [monitor] minutes."},
	{ID: "smoke.waive", Answers: "a reason in your words",
		Doc: "Given in an answers file it leaves the probes after the run out; the reason goes into the report."},
	{ID: "index.drop_invalid", Answers: "yes, no",
		Words: []Word{
			{"yes", "drop it by DROP INDEX CONCURRENTLY"},
			{"no", "leave it as it is"},
		},
		Doc: "Asked when an INVALID index stands in the way: one of the same name from an earlier build, or a copy " +
			"(_ccnew, _ccold) that REINDEX CONCURRENTLY left. Yes drops it by DROP INDEX CONCURRENTLY first."},
	{ID: "partition.finalize", Answers: "yes, no",
		Words: []Word{
			{"yes", "end it by DETACH … FINALIZE, in short tries, then go on behind it"},
			{"no", "leave it half detached, and end here"},
		},
		Doc: "Asked when a partition is half detached by an earlier DETACH … CONCURRENTLY. Yes ends it by DETACH … " +
			"FINALIZE, and the migration goes on behind it."},
	{ID: "rows.check", Answers: "yes, no",
		Words: []Word{
			{"yes", "read the table once, read-only, for 60 s at most"},
			{"no", "run without looking first"},
		},
		Doc: "Whether belay counts the rows that stand against a NOT NULL, a CHECK, a foreign key or a new type " +
			"before it is tried on a large table; on a small one it looks by itself. It reads the table once, " +
			"read-only and for 60 s at most. No answer means no, and nothing waits for it."},
	{ID: "index.check_duplicates", Answers: "yes, no",
		Words: []Word{
			{"yes", "read the table once, read-only, for 60 s at most"},
			{"no", "build without looking first"},
		},
		Doc: "Whether belay looks for duplicate values before a unique index is built on a large table; on a small " +
			"one it looks by itself. It reads the table once, read-only and for 60 s at most. No answer means no, " +
			"and nothing waits for it."},
}
