package checklist

import "belay/steps"

// Run applies the units, one after the other.
var Run = steps.Step{
	ID: "run", Title: "run",
	Doc: `**The advice.** Run the team's migrate command.

**In practice.** A statement that needs ACCESS EXCLUSIVE for a millisecond still waits in the lock
queue behind every older transaction, and everybody else waits behind it. So belay asks for the lock
for 200 ms, gives up, stays away nine times as long, and tries again; it names who stood in the way.
A unit that was judged instant and is not is undone by the server itself. The history row is written
in the same transaction: applied and recorded are one thing. CREATE INDEX CONCURRENTLY gets no
lock_timeout at all: it would end the build in its last wait and leave an INVALID index.

**Measured.** Behind a reader of 4.5 s a plain ALTER froze every request for 4.5 s; in tries of
100 ms the longest request took 0.15 s, and the migration was done 0.3 s later.`,
}
