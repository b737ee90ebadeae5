package apply

import (
	"context"
	"errors"
)

func (r *run) oneByOne(context.Context) ending {
	return ending{outcome: NotApplied, reason: Refused, err: errors.New("statements outside a transaction cannot be run yet")}
}
