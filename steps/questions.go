package steps

import (
	"slices"
	"sort"
	"strings"
)

// AnswersFile is who an answer from an answers file comes from.
const AnswersFile = "answers file"

// QuestionDoc describes a question that belay may ask, for `belay explain
// questions` and for answers files. Ids are stable: none is ever renamed.
type QuestionDoc struct {
	ID string
	// Answers are the words, or what kind of text is wanted.
	Answers string
	// Doc says when it is asked and what the answer changes.
	Doc string
	// Prefix is true for an id whose last part is filled in, such as
	// review.accept.RULE.
	Prefix bool
}

var questionDocs = []QuestionDoc{
	{ID: "target.environment", Answers: "production, staging, local",
		Doc: "Asked once for a database that nobody has named yet. The word decides how much is asked before a run; unknown counts as production. It is remembered in your own store."},
	{ID: "target.address", Answers: "yes, no",
		Doc: "Asked when a database that you know answers at a new address. It may have moved, or this may be a copy of it."},
	{ID: "target.timeline", Answers: "yes, no",
		Doc: "Asked when a run meets a server that was promoted since it began. What the journal says is applied was looked for first; what the application wrote last may be lost."},
	{ID: "tool.choice", Answers: "one of the tools and folders found",
		Doc: "Asked when several migrations folders or tools are possible."},
	{ID: "history.create", Answers: "yes, no",
		Doc: "Asked when the tool's history table does not exist yet. It is created with the tool's own DDL, inside the run."},
	{ID: "backup.choice", Answers: "dump, schema, snapshot, pitr, none; the middle two with words: \"pitr: restore tested on 2 May\"",
		Doc: "What restoring could go back to. At low risk, and outside production, the proposed answer is taken with the confirm; pg_dump starts only by an answer."},
	{ID: "backup.named", Answers: "which snapshot or archive, and when a restore of it was tested",
		Doc: "Asked when snapshot or pitr was chosen without words. It goes into the report."},
	{ID: "backup.waive", Answers: "a reason in your words",
		Doc: "Asked when none was chosen for a risky migration on production."},
	{ID: "rehearse.choice", Answers: "scratch, none",
		Doc: "Scratch rehearses on a throwaway cluster on this machine: apply, roll back, apply again. At low risk, and outside production, it is taken with the confirm."},
	{ID: "rehearse.waive", Answers: "a reason in your words",
		Doc: "Asked when a risky migration goes to production without a rehearsal."},
	{ID: "rehearse.on", Answers: "the database's name",
		Doc: "Asked by `belay rehearse --on` for a server that is neither local nor declared disposable: the migration is applied there, forward only, and stays."},
	{ID: "preflight.waive", Answers: "a reason in your words",
		Doc: "Asked when the preflight found something that stands against a run and that a reason may lift."},
	{ID: "review.accept.", Answers: "a reason in your words", Prefix: true,
		Doc: "Asked for each rule of level stop that the migration breaks. The reason goes into the report."},
	{ID: "review.write", Answers: "yes, no",
		Doc: "Asked before the safe form of a migration is written into the folder, by `belay review --fix --write` and by f in the review. It says how many files come and whether the original goes; nothing is committed."},
	{ID: "deploy.state", Answers: "not-out, going-out, everywhere",
		Doc: "Asked once when a statement breaks running code: where the code is that needs this migration. What breaks OLD code wants it everywhere first, else the order is wrong and the run stops; what breaks NEW code wants it not-out."},
	{ID: "deploy.waive", Answers: "a reason in your words",
		Doc: "Asked when deploy.state says that the order is wrong. The reason lifts the stop and goes into the report; so does another answer to deploy.state."},
	{ID: anyWaiver, Answers: "a reason in your words",
		Doc: "Asked when a step stops and a reason may lift that, as preflight.waive. The reason goes into the report."},
	{ID: "run.hold", Answers: "a time span such as 40s",
		Doc: "Asked when a unit is not instant: the longest that its locks may be held. The server undoes it past that."},
	{ID: "run.confirm", Answers: "the database's name; yes is enough on staging and local",
		Doc: "Asked once, in the run dialog. Nothing is written before."},
	{ID: "rollback.confirm", Answers: "the database's name; yes is enough on staging and local",
		Doc: "Asked once, in the dialog of `belay rollback`: it names what is taken back and what that loses. Nothing is written before."},
	{ID: "run.takeover", Answers: "the database's name",
		Doc: "Asked in the place of run.confirm where another host left the same run and nothing of it lives on the server. Yes makes this host its owner: belay asks the database about every file, then goes on. The host before sends nothing more, also when it wakes up."},
	{ID: "run.autovacuum", Answers: "yes, no",
		Doc: "Asked when only an autovacuum that would yield stands in the way. Yes waits 1500 ms once, after which it is cancelled by the server and comes back later."},
	{ID: "run.go_on", Answers: "yes, no",
		Doc: "Asked when every try met a blocker, or when something was stopped with units left. Nothing has changed until then."},
	{ID: "run.unwatched", Answers: "yes, no",
		Doc: "Yes lets a run go on to its next unit although no screen watches it."},
	{ID: "run.resolve", Answers: "wait, cancel, leave",
		Doc: "Asked when a statement of an earlier engine still runs on the server."},
	{ID: "run.lost", Answers: "leave, again",
		Doc: "Asked when a unit was applied and the server does not have it any more: a failover or a restore took it. Without an answer the run ends with exit code 5; again runs it once more."},
	{ID: "backfill.trigger", Answers: "yes, no",
		Doc: "Asked by a backfill when nothing fills rows that are written meanwhile: yes creates a sync trigger before the first batch and drops it at the end. Its SQL and its cost are shown."},
	{ID: "backfill.vacuum", Answers: "yes, no",
		Doc: "Offered by a backfill, no with the confirm unless somebody answers: whether belay may VACUUM the table after every tenth of the rows."},
	{ID: "ledger.create", Answers: "yes, no",
		Doc: "Asked when the database has no schema belay yet: by a backfill, whose cursor is kept there in the transaction of its rows, and before a run where belay.toml says ledger = \"target\". The DDL is shown. No means that no other host can take the run over."},
	{ID: "monitor.log", Answers: "a file, or a command that goes on printing, such as journalctl -fu shop; empty = none",
		Doc: "Asked once where belay.toml names no [monitor] log: where the application's errors can be read while belay watches. They are counted by SQLSTATE, against what was there before the run; no line is kept. Without it the verdict says that application logs were NOT watched. A run may begin without an answer, and without a terminal none is asked for."},
	{ID: "smoke.url", Answers: "a URL, empty = none",
		Doc: "Asked once where belay.toml has no [smoke] probes: the application's health URL, asked before and after the run. A run may begin without an answer, and without a terminal none is asked for."},
	{ID: "smoke.resolve", Answers: "again, monitor, rollback",
		Doc: "Asked when a probe was well before the run and is red after it. Without a terminal the run then ends with exit code 1: applied, and not well."},
	{ID: "trust.commands", Answers: "yes, no; in an answers file the sha256 of belay.toml",
		Doc: "Asked before a command of belay.toml runs on this host for the first time. The yes is bound to the file's bytes and kept in your own store."},
	{ID: "monitor.resolve", Answers: "watch, rollback, end",
		Doc: "Asked when a signal turns red after the run: go on watching, end here with the command that takes it back, or end the watch."},
	{ID: "monitor.waive", Answers: "a reason in your words",
		Doc: "Given in an answers file it leaves the watch after the run out; the reason goes into the report. Without a terminal belay watches only where belay.toml has [monitor] minutes."},
	{ID: "smoke.waive", Answers: "a reason in your words",
		Doc: "Given in an answers file it leaves the probes after the run out; the reason goes into the report."},
	{ID: "index.drop_invalid", Answers: "yes, no",
		Doc: "Asked when an INVALID index stands in the way: one of the same name from an earlier build, or a copy (_ccnew, _ccold) that REINDEX CONCURRENTLY left. Yes drops it by DROP INDEX CONCURRENTLY first."},
	{ID: "partition.finalize", Answers: "yes, no",
		Doc: "Asked when a partition is half detached by an earlier DETACH … CONCURRENTLY. Yes ends it by DETACH … FINALIZE, and the migration goes on behind it."},
	{ID: "index.check_duplicates", Answers: "yes, no",
		Doc: "Whether belay looks for duplicate values before a unique index is built on a large table; on a small one it looks by itself. It reads the table once, read-only and for 60 s at most. No answer means no, and nothing waits for it."},
}

// Questions lists every question, sorted by id.
func Questions() []QuestionDoc {
	all := slices.Clone(questionDocs)
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all
}

// KnownQuestion reports whether an answers file may name id.
func KnownQuestion(id string) bool {
	if id == anyWaiver {
		return false
	}
	return isWaiver(id) || slices.ContainsFunc(Questions(), func(q QuestionDoc) bool {
		if q.Prefix {
			return len(id) > len(q.ID) && strings.HasPrefix(id, q.ID)
		}
		return q.ID == id
	})
}

// QuestionIDs lists the ids, for the nearest match of an unknown one.
func QuestionIDs() []string {
	ids := make([]string, 0, len(questionDocs))
	for _, q := range Questions() {
		ids = append(ids, q.ID)
	}
	return ids
}
