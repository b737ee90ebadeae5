package steps

// campaignDocs are the questions of `belay campaign`.
var campaignDocs = []QuestionDoc{
	{ID: "campaign.new", Answers: "yes, no",
		Words: []Word{
			{"yes", "keep the campaign in the ledger; no file is written"},
			{"no", "begin nothing"},
		},
		Doc: "Asked by `belay campaign new` below the phases that it shows."},
	{ID: "campaign.next", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the files of the phase; nothing runs and nothing is committed"},
			{"no", "write nothing"},
		},
		Doc: "Asked by `belay campaign next` where the gate of a phase is open, below the files that it shows."},
	{ID: "campaign.drop", Answers: "the name of what goes, as schema.table.column",
		Doc: "Asked by `belay campaign next` in place of campaign.next, before the files are written that drop the " +
			"old."},
	{ID: "campaign.abandon", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the migrations that take it back, and close the campaign"},
			{"no", "change nothing; the campaign goes on"},
		},
		Doc: "Asked by `belay campaign abandon` below what takes back what ran."},
}
