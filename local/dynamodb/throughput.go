package dynamodb

import (
	"fmt"
	"math"
	"time"
)

// This file has the throughput of tables and indexes. Nothing is throttled: throughput is only shown.

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits *int64 }

func (p *throughput) violations(v *violations, path string) {
	if p != nil {
		v.need(p.ReadCapacityUnits != nil, path+".readCapacityUnits")
		number(v, p.ReadCapacityUnits, path+".readCapacityUnits", 1, math.MaxInt64)
		v.need(p.WriteCapacityUnits != nil, path+".writeCapacityUnits")
		number(v, p.WriteCapacityUnits, path+".writeCapacityUnits", 1, math.MaxInt64)
	}
}

// provisioned returns the throughput that is shown: 0 on demand.
func (x *index) provisioned() throughput {
	if x.throughput == nil {
		return throughput{new(int64), new(int64)}
	}
	return *x.throughput
}

// changes says when the throughput of a table or an index last rose and fell.
type changes struct {
	increase, decrease time.Time
	decreases          int // on the day of the last decrease, in UTC
}

// decreasesOn returns how often the throughput fell on a day.
func (c changes) decreasesOn(day time.Time) int {
	if c.decrease.UTC().Format(time.DateOnly) != day.UTC().Format(time.DateOnly) {
		return 0
	}
	return c.decreases
}

// shownThroughput returns the throughput as descriptions show it.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ProvisionedThroughputDescription.html
func (x *index) shownThroughput() object {
	p := x.provisioned()
	shown := object{
		"ReadCapacityUnits": p.ReadCapacityUnits, "WriteCapacityUnits": p.WriteCapacityUnits,
		"NumberOfDecreasesToday": x.changes.decreasesOn(time.Now()),
	}
	for name, at := range map[string]time.Time{"LastIncreaseDateTime": x.changes.increase, "LastDecreaseDateTime": x.changes.decrease} {
		if !at.IsZero() {
			shown[name] = float64(at.UnixMilli()) / 1000
		}
	}
	return shown
}

func (p *throughput) lowerThan(old *throughput) bool {
	return *p.ReadCapacityUnits < *old.ReadCapacityUnits || *p.WriteCapacityUnits < *old.WriteCapacityUnits
}

// checkChange refuses the throughput that a table or an index has already, and a decrease that comes too soon.
// AWS's answers are recorded in https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks:
// DDB-TABLE-157, -164 and -184.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
func (x *index) checkChange(p *throughput, what, short string) {
	if p == nil || x.throughput == nil {
		return
	}
	read, write := *p.ReadCapacityUnits, *p.WriteCapacityUnits
	if *x.throughput.ReadCapacityUnits == read && *x.throughput.WriteCapacityUnits == write {
		current := func(unit string, n int64) string {
			return fmt.Sprintf("Current %[1]sCapacityUnits provisioned for %[2]s: %[3]d. Requested %[1]sCapacityUnits: %[3]d. ", unit, short, n)
		}
		panic(invalid("The provisioned throughput for %s will not change. The requested value equals the current value. %s%s"+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			what, current("Read", read), current("Write", write)))
	}
	if now, last := time.Now(), x.changes.decrease.UTC(); p.lowerThan(x.throughput) && x.changes.decreasesOn(now) >= 4 {
		next, midnight := last.Add(time.Hour), last.Truncate(24*time.Hour).Add(24*time.Hour)
		if midnight.Before(next) {
			next = midnight
		}
		if now.Before(next) {
			const long = "Monday, January 2, 2006 at 3:04:05 PM Coordinated Universal Time"
			panic(refusal("LimitExceededException", "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "+
				"After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds. "+
				"Number of decreases today: %d. Last decrease at %s. Next decrease can be made at %s", x.changes.decreasesOn(now), last.Format(long), next.Format(long)))
		}
	}
}

// provision sets the throughput.
func (x *index) provision(p *throughput) {
	switch now := time.Now(); {
	case p == nil:
		return
	case x.throughput == nil: // it was on demand, or is new
	case p.lowerThan(x.throughput):
		x.changes = changes{x.changes.increase, now, x.changes.decreasesOn(now) + 1}
	default:
		x.changes.increase = now
	}
	x.throughput = p
}

// warmThroughput is what a table or an index can serve at once. It rises with the throughput, and never falls.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
type warmThroughput struct{ ReadUnitsPerSecond, WriteUnitsPerSecond *int64 }

// onDemandWarm is the warm throughput of a new table or index with the billing mode PAY_PER_REQUEST.
func onDemandWarm() warmThroughput { return warmThroughput{new(int64(12000)), new(int64(4000))} }

// raise sets the numbers that a request has.
func (w *warmThroughput) raise(to *warmThroughput) {
	if to == nil {
		return
	}
	if to.ReadUnitsPerSecond != nil {
		w.ReadUnitsPerSecond = to.ReadUnitsPerSecond
	}
	if to.WriteUnitsPerSecond != nil {
		w.WriteUnitsPerSecond = to.WriteUnitsPerSecond
	}
}

// check refuses warm throughput without a number. of says what it is for.
func (w *warmThroughput) check(of string) {
	forbid(w != nil && w.ReadUnitsPerSecond == nil && w.WriteUnitsPerSecond == nil,
		wrongValue+"WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified %s", of)
}

// The reasons why warm throughput can be too low. Each ends AWS's message.
const (
	lowerThanCurrent     = "current WarmThroughput, decreasing WarmThroughput is not supported"
	lowerThanOnDemand    = "initial throughput for OnDemand"
	lowerThanProvisioned = "%sCapacityUnits of ProvisionedThroughput"
)

// atLeast refuses warm throughput that is too low. AWS's messages are recorded in
// https://github.com/aws-controllers-k8s/dynamodb-controller, docs/api-quirks: DDB-TABLE-128, -155 and -442.
func (w *warmThroughput) atLeast(least warmThroughput, what, reason string) {
	if w == nil {
		return
	}
	for _, unit := range []struct {
		name         string
		given, least *int64
	}{{"Read", w.ReadUnitsPerSecond, least.ReadUnitsPerSecond}, {"Write", w.WriteUnitsPerSecond, least.WriteUnitsPerSecond}} {
		if unit.given != nil && *unit.given < *unit.least {
			if reason == lowerThanProvisioned {
				reason = fmt.Sprintf(reason, unit.name)
			}
			panic(invalid(wrongValue+"Requested %sUnitsPerSecond for WarmThroughput for %s is lower than %s", unit.name, what, reason))
		}
	}
}

// checkNew refuses warm throughput that is lower than a new table or index with this throughput has.
func (w *warmThroughput) checkNew(p *throughput, billing, what string) {
	x, reason := index{throughput: p}, lowerThanProvisioned
	if billing == "PAY_PER_REQUEST" {
		reason = lowerThanOnDemand
	}
	w.atLeast(x.warmNow(billing), what, reason)
}

// warmNow returns the warm throughput. It is at least what the billing mode gives.
func (x *index) warmNow(billing string) warmThroughput {
	now := onDemandWarm()
	if billing != "PAY_PER_REQUEST" {
		p := x.provisioned()
		now = warmThroughput{p.ReadCapacityUnits, p.WriteCapacityUnits}
	}
	if w := x.warm; w != nil {
		now = warmThroughput{larger(w.ReadUnitsPerSecond, now.ReadUnitsPerSecond), larger(w.WriteUnitsPerSecond, now.WriteUnitsPerSecond)}
	}
	return now
}

func larger(a, b *int64) *int64 {
	if a == nil || *a < *b {
		return b
	}
	return a
}

// keepWarm notes the warm throughput of a table and its indexes, before an update that may lower the throughput.
func (t *table) keepWarm() {
	t.warm = new(t.warmNow(t.billing))
	for _, x := range t.secondary {
		x.warm = new(x.warmNow(t.billing))
	}
}
