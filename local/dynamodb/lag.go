package dynamodb

import (
	"context"
	"slices"
	"time"

	"github.com/tidwall/btree"

	"simple-sam-demo/local/dynamodb/value"
)

// version is what an index held until some moment.
type version struct {
	until time.Time
	items *btree.Map[string, value.Stored]
}

type lagKey struct{}

// WithLag returns the context of a request that sees the tables as they were some time ago, if its reads are not
// consistent. On DynamoDB they may. The server must remember that time, see [Server.Past].
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html
func WithLag(ctx context.Context, lag time.Duration) context.Context {
	return context.WithValue(ctx, lagKey{}, lag)
}

// lag is how old the state is that a read of the current operation sees.
func (s *Server) lag(consistent bool) time.Duration {
	if consistent {
		return 0
	}
	return s.requested
}

// seen returns the items as a read with a lag sees them.
func (x *index) seen(lag time.Duration) *btree.Map[string, value.Stored] {
	then := time.Now().Add(-lag)
	for _, v := range x.versions {
		if v.until.After(then) {
			return v.items
		}
	}
	return &x.items
}

// remember keeps what the index holds, because that is about to change, and forgets what no read sees any more.
func (x *index) remember() {
	if x.past == 0 {
		return
	}
	now := time.Now()
	x.versions = slices.DeleteFunc(x.versions, func(v version) bool { return !v.until.After(now.Add(-x.past)) })
	x.versions = append(x.versions, version{now, x.items.Copy()})
}
