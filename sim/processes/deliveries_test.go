package processes

import (
	"net/http"
	"testing"
)

func receive(d *deliveries, holder *process, count string, gone bool) {
	body := `{"Messages":[{"MessageId":"m","ReceiptHandle":"h` + count + `","Attributes":{"ApproximateReceiveCount":"` + count + `"}}]}`
	d.observe(call{holder, "", "ReceiveMessage", nil}, answer{status: http.StatusOK, body: []byte(body)}, gone)
}

// A message that SQS moved to the dead-letter queue has no reason. That is right only when its last receive was
// disturbed.
func TestADeadLetterWithoutAReasonNeedsADisturbedLastReceive(t *testing.T) {
	ok := answer{status: http.StatusOK}
	for name, test := range map[string]struct {
		happens func(*deliveries, *process)
		excused bool
	}{
		"nothing":     {func(*deliveries, *process) {}, false},
		"it was lost": {func(d *deliveries, p *process) { receive(d, p, "5", true) }, true},
		"its process was killed": {func(d *deliveries, p *process) {
			receive(d, p, "5", false)
			d.struck(p)
		}, true},
		"another process was killed": {func(d *deliveries, p *process) {
			receive(d, p, "5", false)
			d.struck(aProcess())
		}, false},
		"its process was killed the time before": {func(d *deliveries, p *process) {
			receive(d, p, "4", false)
			d.struck(p)
			receive(d, aProcess(), "5", false)
		}, false},
		"its process was killed and it was not the last": {func(d *deliveries, p *process) {
			receive(d, p, "4", false)
			d.struck(p)
		}, false},
		"its process was killed after it was given back": {func(d *deliveries, p *process) {
			receive(d, p, "5", false)
			d.observe(call{p, "", "ChangeMessageVisibility", []byte(`{"ReceiptHandle":"h5"}`)}, ok, false)
			d.struck(p)
		}, false},
		"the mapping's function was killed": {func(d *deliveries, p *process) {
			receive(d, nil, "5", false)
			d.invoked(p, []byte(`{"Records":[{"messageId":"m","receiptHandle":"h5"}]}`))
			d.struck(p)
		}, true},
		"the mapping's function had ended": {func(d *deliveries, p *process) {
			receive(d, nil, "5", false)
			p.over = true
			d.invoked(p, []byte(`{"Records":[{"messageId":"m","receiptHandle":"h5"}]}`))
		}, true},
		"AWS was cut off": {func(d *deliveries, p *process) {
			receive(d, p, "5", false)
			d.outage(true)
			d.outage(false)
		}, true},
		"AWS was cut off before": {func(d *deliveries, p *process) {
			d.outage(true)
			d.outage(false)
			receive(d, p, "5", false)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDeliveries(nil)
			test.happens(d, aProcess())
			if got := d.excuses("m", 5); got != test.excused {
				t.Errorf("excused: %t, want %t; history:%s", got, test.excused, d.history("m"))
			}
		})
	}
}

func aProcess() *process { return &process{did: map[string]bool{}} }
