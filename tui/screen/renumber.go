package screen

import "belay/steps/fact"

// Renumber is what becomes of migrations whose versions collide or come late.
var Renumber = mendScreen("renumber", "later versions", `Advice: whoever merges second gives their file a later version, and commits that.
In practice: later is above everything that is merged and above everything that is applied anywhere known. Ways back go along, files of this branch behind it too, and texts that name it are mended. A file that is merged or has run keeps its version. git moves what it knows; nothing is committed.
Measured: golang-migrate refuses two files of one version. A file below the database's version it passes over: "no change", exit code 0, never applied.`,
	fact.RenumberQuestion, "rename…")

var cannotRenumber = cannotMend(fact.RenumberQuestion,
	"nothing to renumber: no version is there twice, and none comes late; "+
		"belay renumber FILE moves one that you name")
