package screen

import "belay/steps/fact"

// TakeBack is what becomes of migrations that were edited after they were merged or ran.
var TakeBack = mendScreen("take-back", "take back the edit", `Advice: a migration that has run anywhere, a colleague's laptop included, is never edited. What was forgotten is a new migration.
In practice: the old text comes from git, or from the run that applied it. What the edit changed becomes the next migration in your tool's style, with its way back where one is certain; what no statement is known for stands there as a comment, and nothing runs before you write it. The edited text is kept as a copy. Nothing is committed.
Measured: golang-migrate says "no change" to an edited file that has run, with exit code 0: new databases get the edit, the others never do.`,
	fact.UneditQuestion, "take back…")

var cannotTakeBack = cannotMend(fact.UneditQuestion,
	"nothing to take back: no file was edited since it was merged or ran, so far as is known")
