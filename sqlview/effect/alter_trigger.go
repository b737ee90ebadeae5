package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = subcommandsOf(map[pg.AlterTableType]subcommand{
	pg.AlterTableType_AT_EnableTrig:        {lock.ShareRowExclusive, false, toggle("DISABLE TRIGGER", BreaksNeither)},
	pg.AlterTableType_AT_EnableAlwaysTrig:  {lock.ShareRowExclusive, false, toggle("ENABLE TRIGGER", BreaksNeither)},
	pg.AlterTableType_AT_EnableReplicaTrig: {lock.ShareRowExclusive, false, toggle("ENABLE TRIGGER", BreaksOld)},
	pg.AlterTableType_AT_EnableTrigAll: {
		lock.ShareRowExclusive, false, toggle("DISABLE TRIGGER ALL", BreaksNeither),
	},
	pg.AlterTableType_AT_EnableTrigUser: {
		lock.ShareRowExclusive, false, toggle("DISABLE TRIGGER USER", BreaksNeither),
	},
	pg.AlterTableType_AT_DisableTrig:       {lock.ShareRowExclusive, false, disable("ENABLE TRIGGER")},
	pg.AlterTableType_AT_DisableTrigAll:    {lock.ShareRowExclusive, false, disable("ENABLE TRIGGER ALL")},
	pg.AlterTableType_AT_DisableTrigUser:   {lock.ShareRowExclusive, false, disable("ENABLE TRIGGER USER")},
	pg.AlterTableType_AT_EnableRule:        {lock.AccessExclusive, false, toggle("DISABLE RULE", BreaksNeither)},
	pg.AlterTableType_AT_EnableAlwaysRule:  {lock.AccessExclusive, false, toggle("ENABLE RULE", BreaksNeither)},
	pg.AlterTableType_AT_EnableReplicaRule: {lock.AccessExclusive, false, toggle("ENABLE RULE", BreaksOld)},
	pg.AlterTableType_AT_DisableRule:       {lock.AccessExclusive, false, toggle("ENABLE RULE", BreaksOld)},
	pg.AlterTableType_AT_EnableRowSecurity: {
		lock.AccessExclusive, false, toggle("DISABLE ROW LEVEL SECURITY", BreaksOld),
	},
	pg.AlterTableType_AT_DisableRowSecurity: {
		lock.AccessExclusive, false, toggle("ENABLE ROW LEVEL SECURITY", BreaksNeither),
	},
	pg.AlterTableType_AT_ForceRowSecurity: {
		lock.AccessExclusive, false, toggle("NO FORCE ROW LEVEL SECURITY", BreaksOld),
	},
	pg.AlterTableType_AT_NoForceRowSecurity: {
		lock.AccessExclusive, false, toggle("FORCE ROW LEVEL SECURITY", BreaksNeither),
	},
	pg.AlterTableType_AT_ChangeOwner: {lock.AccessExclusive, false, changeOwner},
	pg.AlterTableType_AT_AddOf:       {lock.AccessExclusive, false, toggle("NOT OF", BreaksNeither)},
	pg.AlterTableType_AT_DropOf:      {lock.AccessExclusive, false, toggle("OF", BreaksNeither)},
})

func toggle(back string, b Breaks) func(*judge, alteration) {
	return func(j *judge, a alteration) {
		j.breaks(b)
		sentence := back
		if a.Name != "" {
			sentence += " " + catalog.Quote(a.Name)
		}
		j.inverse(ReversibleInstant, "%s", sentence)
		j.toggleParts(a)
	}
}

// triggerSwitches are the subcommands that turn triggers on or off.
var triggerSwitches = []pg.AlterTableType{
	pg.AlterTableType_AT_EnableTrig, pg.AlterTableType_AT_EnableAlwaysTrig, pg.AlterTableType_AT_EnableReplicaTrig,
	pg.AlterTableType_AT_EnableTrigAll, pg.AlterTableType_AT_EnableTrigUser,
	pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_DisableTrigAll, pg.AlterTableType_AT_DisableTrigUser,
}

// toggleParts: partitions follow with the row triggers that they have of their
// table's, those of foreign keys included. Inheritance children never do.
func (j *judge) toggleParts(a alteration) {
	if a.only || !slices.Contains(triggerSwitches, a.Subtype) {
		return
	}
	var row bool
	if a.rel != nil {
		row = slices.ContainsFunc(a.rel.Triggers, func(t catalog.Trigger) bool {
			return t.ForEachRow && (a.Name == "" || t.Name == a.Name) && !(j.major() < 13 && t.Cloned && a.onlyUsers())
		})
		all := a.Subtype == pg.AlterTableType_AT_EnableTrigAll || a.Subtype == pg.AlterTableType_AT_DisableTrigAll
		// Before 15 a partitioned table has no triggers of its foreign keys.
		row = row || all && j.major() >= 15 && (len(j.foreignKeysTo(a.table)) > 0 ||
			slices.ContainsFunc(a.rel.Constraints, func(k catalog.Constraint) bool {
				return k.Type == catalog.ForeignKey
			}))
	}
	if row || j.switchesWholeTrees() {
		j.lockAll(j.parts(a.table), lock.ShareRowExclusive)
	}
}

// onlyUsers reports a switch of all triggers but the server's own; before 13 those that
// a partition has of its table's count among them.
func (a alteration) onlyUsers() bool {
	return a.Subtype == pg.AlterTableType_AT_EnableTrigUser || a.Subtype == pg.AlterTableType_AT_DisableTrigUser
}

// switchesWholeTrees reports a minor release that goes to every partition, whatever
// triggers there are: 11.10 to 14.5, from one repair to the next. Unknown = a newer one.
func (j *judge) switchesWholeTrees() bool {
	minors := map[int][2]int{11: {10, 17}, 12: {5, 12}, 13: {1, 8}, 14: {0, 5}}
	span, ok := minors[j.major()]
	return ok && j.cat != nil && j.cat.ServerVersion == j.major() && j.cat.ServerMinor >= span[0] &&
		j.cat.ServerMinor <= span[1]
}

// disable: what is written while triggers are off stays unchecked for good.
func disable(back string) func(*judge, alteration) {
	return func(j *judge, a alteration) {
		j.breaks(BreaksOld)
		j.inverse(ReversibleInstant, "%s (rows written meanwhile were not seen by it)", back)
		j.toggleParts(a)
	}
}

// changeOwner reaches indexes and owned sequences of the table.
func changeOwner(j *judge, a alteration) {
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "OWNER TO the owner before")
	j.lockIndexes(a.table, lock.AccessExclusive)
	j.lockAll(j.cat.SequencesOf(a.table, ""), lock.AccessExclusive)
}
