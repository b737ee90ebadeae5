// Package house is the page for whoever comes new, and the tests that hold the
// module to it.
//
// # The floors
//
// Each folder imports only itself and what stands below it. A screen sees a run
// only through its journal, so tui never imports db.
//
//	cmd/belay   what a person types: flags, exit codes, what goes to a terminal
//	   |
//	  tui       draws a journal and sends what is typed; knows no step by name
//	   |
//	 steps      what is done in which order, and what is asked of a person
//	   |
//	   db       one PostgreSQL: connections, locks, executor, backfill, history
//	   |
//	 sqlview    SQL as text: parse, judge, rewrite. Pure: no clock, file or network
//
// Two processes make a run. The engine does the work and writes the journal, an
// append-only file in the run's folder. Whoever looks follows that file and
// sends messages to the engine's inbox: a screen, plain output, JSON, and after
// a lost line `belay attach`. Neither waits for the other.
//
// # The life of a migration file, from the folder to COMMIT
//
// The bytes are read once. What is hashed, judged and shown is what is sent.
//
//	sqlview/migration  Format, Folder  how a tool names, orders and records its files
//	steps/project      Project.ReadFolder  the team's folder by its tool's Format
//	steps/checklist    readFolder, readHistory, choose  what is applied, what is pending
//	db/history         Open, Table.Rows  the tool's own table, and what it says
//	sqlview            Review  parses, and judges by the catalog as it will be then
//	sqlview/effect     Effect  what one statement locks, rewrites, scans
//	sqlview/lint       Rule  what is dangerous in that, and what to do instead
//	steps/checklist    planOf, unitOf  statements, history writes, limits: a steps.Plan
//	steps/engine       engine.askConfirm, engine.confirmed, engine.become  a typed yes opens the run
//	steps/execute      Run, runner.unit  one file after the other
//	db/apply           Executor.Run, run.ladder  short waits for the lock, again and again
//	db/apply           attempt.inside, attempt.statement, attempt.record, attempt.confirm, attempt.commit  one attempt
//	db/apply           Probe  asks the database what became of it, where no answer came
//	steps/journal      UnitApplied, UnitEnded  what every screen then shows
//
// # The life of a key, from the terminal to the engine
//
//	tui                model.Update, model.press, model.command  the key table says what a key means
//	tui/screen         Key, Screen  each screen has its own Enter, Move, Copy
//	tui                model.dialogKey, model.answer, model.post  an answer becomes a message
//	tui/follow         Tail.Send  into the inbox of the engine's life that is shown
//	steps/journal      Send, Inbox.Take  a file written whole, taken once
//	steps/engine       engine.attend, engine.hear, questions.take  the loop, the one writer
//	steps/engine       desk.Ask, desk.Answered  the step that asked has its answer
//	steps/journal      QuestionAnswered  the event, with who gave it
//	steps/state        Fold, Run.Apply  events make the state that is drawn
//	tui/follow         Tail.Run  the screen reads on
//
// # Where things go
//
// A rule, a rewrite, a format, a signal, a step and a screen are each a value in
// a file of its name; the README says which folder, and the check "extension"
// holds them to it, the test of cmd/house/addition to what an
// addition costs. What a step is given and what it finds stands in its line of
// steps/playbook, and nowhere else. SQL of our own stands beside the function that sends it. A
// sentence that a person reads stands where its cause is known; how it is drawn
// is tui's. A question is declared once, in steps/questions.go.
//
// # How it is tested
//
//	cmd/belay          TestScripts  the whole program as a person uses it: txtar scripts
//	tui                TestFrames  every screen at three sizes, from journals
//	sqlview            TestCorpus  what is judged of files, against labels
//
// What needs a server gets a real one from db/dbtest; what breaks connections
// goes through db/faultproxy. The checks of this folder read the module's files;
// each has, in testdata, a small tree that breaks it and the findings expected
// there, so that a check that cannot fail does not pass. A finding that is right
// as it is gets a line in testdata/allowed.txt: the check, the file (and
// function), and the reason.
package house
