package watch

import (
	"belay/db"
	"belay/sqlview/activity"

	"github.com/jackc/pgx/v5"
)

func scanProgress(r pgx.CollectableRow) (p activity.Progress, err error) {
	err = r.Scan(&p.PID, &p.Command, &p.Relation, &p.Phase, &p.Done, &p.Total, &p.Unit)
	return p, err
}

func scanTransaction(r pgx.CollectableRow) (t activity.Transaction, err error) {
	err = r.Scan(&t.PID, &t.Application, &t.User, &t.BackendType, &t.State, &t.AgeMS, &t.Query)
	t.Query = db.ShownQuery(t.Query)
	return t, err
}

func scanSlot(r pgx.CollectableRow) (x activity.ReplicationSlot, err error) {
	err = r.Scan(&x.Name, &x.Logical, &x.Active, &x.KeptBytes, &x.Lost, &x.Rows)
	return x, err
}

func scanReplica(r pgx.CollectableRow) (x activity.Replica, err error) {
	err = r.Scan(&x.Name, &x.State, &x.Logical, &x.LagMS, &x.LagBytes)
	return x, err
}
