package backfill

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// judge reads the facts and says what a person should know.
func (p *Plan) judge(ctx context.Context, c *db.Conn) error {
	names := make([]string, len(p.targets))
	for i, t := range p.targets {
		names[i] = t.name
		p.Facts.Indexes = append(p.Facts.Indexes, t.indexes...)
	}
	f := &p.Facts
	err := c.QueryRow(ctx, factsSQL, int64(p.OID), names).Scan(&f.ReplicaIdentity, &f.RowSecurity, &f.Fillfactor,
		&f.Checks,
		&f.ForeignKeys, &f.Generated, &f.Publications, &f.Rules, &f.Holders, &f.Replicas)
	if err != nil {
		return fmt.Errorf("backfill: facts of %s: %w", p.Relation, err)
	}
	rows, err := c.Query(ctx, triggersSQL, int64(p.OID), names)
	if err == nil {
		f.Triggers, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (t Trigger, err error) {
			return t, r.Scan(&t.Name, &t.Function, &t.Before, &t.Insert, &t.Update, &t.Enabled, &t.body)
		})
	}
	if err != nil {
		return fmt.Errorf("backfill: triggers of %s: %w", p.Relation, err)
	}
	p.judgeTargets()
	if len(p.Stops()) == 0 {
		if err := p.explain(ctx, c); err != nil {
			return err
		}
		if err := p.judgeVerify(ctx, c); err != nil {
			return err
		}
		if err := p.findSync(ctx, c); err != nil {
			return err
		}
	}
	p.Coverage = p.covered()
	p.judgeLeft()
	p.judgeTable()
	p.judgeStatement()
	return nil
}

// explain lets the server read the statement: names, types, rights.
func (p *Plan) explain(ctx context.Context, c *db.Conn) error {
	if len(p.Leaves) == 0 {
		return nil
	}
	sql, _ := newRangeSQL(p, p.Leaves[0]).update(nil, nil, "")
	_, err := execTeam(ctx, c, "EXPLAIN "+sql)
	switch {
	case err == nil:
		return nil
	case db.Classify(err) == db.Privilege:
		p.say(Stop, "no-right", message(err), "the server would refuse every batch",
			"give the role what the message names, or use the owner; for the table itself: GRANT SELECT, UPDATE ON "+
				p.Relation+" TO "+quote(cmp.Or(p.Spec.Role, c.Role, c.Config().User)))
		return nil
	case db.SQLState(err) == "55000" && len(p.Facts.Publications) > 0:
		p.say(Stop, "replica-identity", message(err),
			"the server refuses UPDATE of a published table without a replica identity",
			"ALTER TABLE "+p.Relation+
				" REPLICA IDENTITY DEFAULT where it has a primary key, or REPLICA IDENTITY USING INDEX with a "+
				"unique one")
		return nil
	case db.Decided(err) && p.Facts.RowSecurity:
		return nil // row_security says it below
	case db.Classify(err) == db.Data:
		return &SpecError{"set", message(err), "check the constants of the statement"}
	}
	return p.explainError(err)
}

func (p *Plan) judgeTargets() {
	for _, t := range p.targets {
		switch {
		case t.generated != "":
			p.say(Stop, "generated-column", t.name+" is a generated column", "it cannot be set", "")
		case t.identity == "a":
			p.say(Stop, "identity-column", t.name+" is GENERATED ALWAYS AS IDENTITY", "it can only be set to DEFAULT",
				"")
		case t.partitionKey:
			p.say(Stop, "partition-key", t.name+" is part of the partition key",
				"a row that changes it moves to another partition, before or behind the cursor",
				"move rows by DELETE and INSERT, outside of a backfill")
		}
	}
	if len(p.Facts.Rules) > 0 {
		p.say(Stop, "rule", "a rule rewrites UPDATE: "+placeList(p.Facts.Rules),
			"the count of rows would not be that of the table",
			"drop the rule, or for everybody: ALTER TABLE "+p.Relation+" DISABLE RULE "+quote(p.Facts.Rules[0]))
	}
	if p.Facts.RowSecurity {
		p.say(Stop, "row-security", "row security limits what this role sees of "+p.Relation,
			"rows behind the policy would be left out; belay sets row_security = off, and the server then refuses",
			"use the owner or a role with BYPASSRLS")
	}
}

func (p *Plan) judgeTable() {
	f := p.Facts
	for _, t := range f.Triggers {
		if t.Update && t.fires() && !strings.HasPrefix(t.Name, triggerPrefix) {
			p.say(Warn, "row-trigger", "trigger "+t.Name+" fires for every row: "+t.Function,
				"audit rows, outbox messages, updated_at and caches follow each changed row",
				"decide whether that is wanted; for everybody it is stopped by ALTER TABLE "+p.Relation+
					" DISABLE TRIGGER "+quote(t.Name))
		}
	}
	if len(f.Indexes) > 0 {
		p.say(Notice, "indexed-target", "what is set is indexed: "+placeList(f.Indexes),
			"no update can be HOT; about 1.45x the CPU and 10 % more WAL", "create the index after the backfill")
	}
	if len(f.ForeignKeys) > 0 {
		p.say(Notice, "foreign-key", "every row is looked up in the referenced table: "+placeList(f.ForeignKeys),
			"about 2.4x the time, and a lock on each referenced row",
			"add the constraint NOT VALID afterwards, then VALIDATE")
	}
	if len(f.Generated) > 0 {
		p.say(Notice, "generated", "computed again for every row: "+placeList(f.Generated),
			"a stored generated column follows each update", "")
	}
	if len(f.Checks) > 0 {
		p.say(Notice, "check", "checked for every row: "+placeList(f.Checks),
			"one row that fails is found, shown and pauses the backfill", "")
	}
	p.judgeReplication()
	if len(f.Holders) > 0 {
		p.say(Warn, "old-snapshot", "old row versions are kept: "+placeList(f.Holders),
			"no VACUUM can remove what the backfill leaves behind: heap and indexes double",
			"end it, or wait for it, before the backfill")
	}
}

func (p *Plan) judgeReplication() {
	f := p.Facts
	if len(f.Publications) == 0 {
		return
	}
	p.say(Notice, "publication", "every row is sent to subscribers: "+placeList(f.Publications), "one message a row",
		"")
	if f.ReplicaIdentity == "f" {
		p.say(Warn, "replica-identity", "replica identity FULL",
			"the whole old row is written to WAL with each change, and a subscriber without an index looks for it in "+
				"the whole table",
			"give the table a primary key and ALTER TABLE "+p.Relation+
				" REPLICA IDENTITY DEFAULT, or REPLICA IDENTITY USING INDEX")
	}
}

// SafeWhere is the condition under which no batch replaces what the application
// wrote; "" = the statement as it is replaces nothing, because its condition or its
// values look at what is set.
func (p *Plan) SafeWhere() string {
	st := p.Statement
	if p.guardReadsTarget() || st.ReadsTarget || len(st.Targets) == 0 {
		return ""
	}
	safe := quote(st.Targets[0].Column) + " IS NULL"
	if st.Guard != "" {
		safe = "(" + st.Guard + ") AND " + safe
	}
	return safe
}

func (p *Plan) judgeStatement() {
	st := p.Statement
	if len(st.ReadsTables) > 0 {
		p.say(Warn, "reads-other-table", "the statement reads "+placeList(st.ReadsTables),
			"a change there is not followed: neither by the batch that has passed nor by a trigger on this table",
			"verify again after the writers of those tables were still")
	}
	if safe := p.SafeWhere(); safe != "" {
		p.say(Warn, "overwrites", "a value that the application writes before its row's batch is overwritten",
			"the WHERE does not look at what is set: each row that it selects is changed once, whatever stands there "+
				"by then; what is written later stays",
			"make the condition: WHERE "+safe+", and no value is overwritten")
	}
	if p.Verifiable != "" {
		p.say(Notice, "not-verifiable", "the end cannot be verified by value", p.Verifiable, "")
	}
	for _, t := range p.targets {
		if st.Guard == quote(t.name)+" IS NULL" || strings.EqualFold(st.Guard, t.name+" is null") {
			p.say(Notice, "null-guard", "a row whose value is computed as NULL stays as the guard finds it",
				"the cursor ends the backfill all the same; such rows are not counted as left", "")
		}
	}
	if p.Coverage.Kind == NotCovered {
		p.say(Warn, "not-covered", "nothing fills rows that are written while the backfill runs", p.Coverage.Misses,
			"create the sync trigger first, or set a column default, or let the application write both")
	}
}
