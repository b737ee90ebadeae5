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
	{ID: "campaign.take_back", Answers: "yes, no",
		Words: []Word{
			{"yes", "bring it back by itself, as soon as anything misses it"},
			{"no", "bring it back at the end of its time, or earlier on a person's word"},
		},
		Doc: "Asked by `belay campaign tripwire` before it takes away what the campaign drops next. The answer is " +
			"kept in the campaign, with your name."},
	{ID: "tripwire.resolve", Answers: "watch, back",
		Words: []Word{
			{"watch", "leave it away until its time is over"},
			{"back", "bring it back at once"},
		},
		Doc: "Asked while a tripwire is out and something misses it, where nobody agreed that it comes back by " +
			"itself. Without a terminal nobody is asked: it comes back at the end of its time, or by `belay stop`."},
	{ID: "campaign.abandon", Answers: "yes, no",
		Words: []Word{
			{"yes", "write the migrations that take it back, and close the campaign"},
			{"no", "change nothing; the campaign goes on"},
		},
		Doc: "Asked by `belay campaign abandon` below what takes back what ran."},
}
