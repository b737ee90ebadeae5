package menu

// VersionConflict is two migrations of one version.
var VersionConflict = Entry{
	Name:  "version-conflict",
	Title: "two migrations have the same timestamp or number",
	Doc: `
## Advice
Whoever merges second gives their file a later version, and commits that.

## In practice
Later means above everything that is merged and above everything that is applied anywhere, not one more than the other
file. The worse case makes no noise: a file that is merged later with a lower version. Up and down are renamed
together, those of the branch behind them too, and only while no database has run them; one that has run is never
renamed. belay renumber does it, with git mv. Amend the commit only while it is not pushed.

## Measured
golang-migrate refuses two files of one version. A file below the database's version it passes over: "no change", exit
code 0, never applied.
`,
	Steps: []Step{
		{Text: "See which files collide, come late or have run.", Code: "belay status"},
		{Text: "Give yours versions above everything that is known; it shows them first.", Code: "belay renumber"},
		{Text: "Let it be judged at its new place, then commit.", Code: "belay review"},
	},
}
