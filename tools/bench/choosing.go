package main

import (
	"fmt"
	"math"
	"strconv"
	"text/template"
	"time"
)

// The settings that the worker's template has by default. The function is given the same ones here.
const (
	batchSize   = 100
	batchWindow = 1 // second
)

// firstPollers is how many batches at once Lambda begins with. The messages that come are shared among
// them, and each fills a batch of its own. The worker does the same.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
const firstPollers = 5

// busy is the part of its processor that a task is used at, so that no backlog grows.
const busy = 0.7

// rates are how many items come in a second, in the comparison of Lambda and Fargate.
var rates = []float64{1, 10, 100, 1_000, 10_000}

// taskSize is one of Fargate's sizes of a task.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
type taskSize struct {
	Core   float64 // vCPU
	Memory float64 // GB
}

// taskSizes are those that the worker is measured with.
var taskSizes = []taskSize{{0.25, 0.5}, {0.5, 1}, {1, 2}}

// modelSpeed is how fast items are enriched with a model.
type modelSpeed struct {
	Model     string
	Memory    int             // MB, of the function
	Functions invocations     // of the function, for some sizes of a batch
	WorkerCPU []time.Duration // of an item, in full batches, with each of the task sizes
}

// choice is what the function and the worker need for a million items, at a rate.
type choice struct {
	Rate         float64 // items a second
	Batch        float64 // items in a batch of the function
	Environments float64 // of the function that are busy at the same time, on average
	Function     float64 // dollars for a million items: requests and GB-seconds
	Worker       fleet   // with a public address for each task
	Spot         fleet   // the same with Fargate Spot
}

// fleet is a number of equal tasks.
type fleet struct {
	Size    taskSize
	Tasks   int
	Dollars float64 // for a million items
}

// Choices has each rate.
func (m modelSpeed) Choices() (all []choice) {
	for _, rate := range rates {
		batch, lasts := m.batchAt(rate)
		all = append(all, choice{rate, batch, rate / batch * lasts, m.function(rate), m.worker(rate, 0), m.worker(rate, spotDiscount)})
	}
	return all
}

// batchAt returns how many items a batch has when items come one by one, and how long it lasts, in seconds.
func (m modelSpeed) batchAt(rate float64) (items, lasts float64) {
	items = min(batchSize, 1+rate*batchWindow/firstPollers)
	lasted, _ := m.Functions.between(enricherFunction, int(math.Round(items)))
	return items, billed(lasted).Seconds()
}

// function is what Lambda costs for a million items, in dollars.
func (m modelSpeed) function(rate float64) float64 {
	items, lasts := m.batchAt(rate)
	return 1e6 / items * (lambdaRequests.Dollar/lambdaRequests.Per + lasts*gigabytes(m.Memory)*lambdaDuration.Dollar)
}

// worker returns the cheapest tasks that can deal with a rate. Tasks run on while there is little to do.
func (m modelSpeed) worker(rate, discount float64) (cheapest fleet) {
	for i, size := range taskSizes {
		perSecond := size.Core / m.WorkerCPU[i].Seconds()
		tasks := math.Ceil(rate / (busy * perSecond))
		dollars := 1e6 / rate / 3600 * tasks * size.anHour(discount)
		if cheapest.Tasks == 0 || dollars < cheapest.Dollars {
			cheapest = fleet{size, int(tasks), dollars}
		}
	}
	return cheapest
}

// anHour is what a task costs an hour, in dollars.
func (s taskSize) anHour(discount float64) float64 {
	return (1-discount)*(s.Core*fargateCPU.Dollar+s.Memory*fargateMemory.Dollar) + publicAddress.Dollar
}

// crossing is where Lambda and Fargate cost the same, in items a second.
type crossing struct {
	First  float64 // the lowest rate at which the worker is no dearer
	Always float64 // from here on it is no dearer at any rate
}

// Crossing looks for the rates at which the worker becomes cheaper. Above the first it can be dearer again, where one
// more task is needed.
func (m modelSpeed) Crossing() crossing { return m.crossing(0) }

// SpotCrossing is the same with Fargate Spot.
func (m modelSpeed) SpotCrossing() crossing { return m.crossing(spotDiscount) }

func (m modelSpeed) crossing(discount float64) (c crossing) {
	for rate := 1.0; rate < 1e5; rate *= 1.01 {
		switch cheaper := m.worker(rate, discount).Dollars <= m.function(rate); {
		case !cheaper:
			c.Always = 0
		case c.First == 0:
			c.First = rate
			fallthrough
		case c.Always == 0:
			c.Always = rate
		}
	}
	return c
}

// Cheaper names the cheaper of the two.
func (c choice) Cheaper() string {
	if c.Worker.Dollars <= c.Function {
		return "worker"
	}
	return "function"
}

func (c crossing) String() string {
	if c.First == c.Always {
		return "from " + about(c.First) + " items a second on"
	}
	return "from " + about(c.First) + " items a second on, and stays so from " + about(c.Always) + " on"
}

func (f fleet) String() string { return fmt.Sprintf("%d × %s", f.Tasks, f.Size) }

func (s taskSize) String() string { return fmt.Sprintf("%v vCPU", s.Core) }

// Hour is what the function costs more than the worker, for an hour at this rate. It is under 0 if it costs less.
func (c choice) Hour() float64 { return (c.Function - c.Worker.Dollars) * c.Rate * 3600 / 1e6 }

// FunctionSpeed is how many items a second one execution environment enriches in full batches.
func (m modelSpeed) FunctionSpeed() float64 {
	lasted, _ := m.Functions.between(enricherFunction, batchSize)
	return batchSize / lasted.Seconds()
}

// WorkerCPUDollars is what the processor time of the worker costs for a million items of the small model, in full batches.
func (r results) WorkerCPUDollars() float64 {
	return 1e6 * r.Worker.Models[0].WorkerCPU[0].Hours() * fargateCPU.Dollar
}

// fargatePrice is a row of the prices that a task has.
type fargatePrice struct {
	What string
	price
	Note string
}

var fargatePrices = []fargatePrice{
	{"vCPU for an hour", fargateCPU, "Linux/ARM"},
	{"GB of memory for an hour", fargateMemory, "Linux/ARM"},
	{"public IPv4 address for an hour", publicAddress, "one for each task"},
	{"NAT gateway for an hour", natGateway, "and as much for each GB"},
	{"interface endpoint for an hour", endpointHour, "in each zone; SQS, logs and ECR need four of them"},
}

// month is in hours, as AWS's own calculator has it.
const month = 730

// longPolls is how many requests a month five idle pollers make.
const longPolls = firstPollers * month * 3600 / 20

// choosingFunctions are for the template of docs/choosing.md.
var choosingFunctions = template.FuncMap{
	"trees":           func() string { return thousand(forestTrees) },
	"turns":           func() int { return workerTurns },
	"busy":            func() float64 { return busy },
	"spotDiscount":    func() float64 { return spotDiscount },
	"percent":         func(part float64) string { return fmt.Sprintf("%.0f %%", part*100) },
	"sizes":           func() []taskSize { return taskSizes },
	"fargatePrices":   func() []fargatePrice { return fargatePrices },
	"fargatePricesOf": func() string { return fargatePricesOf },
	"queueDollars":    func(requests float64) float64 { return requests * sqsRequests.Dollar },
	"idlePolls":       func() float64 { return longPolls * sqsRequests.Dollar / sqsRequests.Per },
	"idleTask":        func() float64 { return taskSizes[0].anHour(0) * month },
	"about":           about,
	"cents":           cents,
}

// about rounds to two digits, because more of them would not be true on another day.
func about(n float64) string {
	if n == 0 {
		return "no number of"
	}
	unit := math.Pow(10, math.Floor(math.Log10(n))-1)
	return thousand(math.Round(n/unit) * unit)
}

// cents writes dollars with two decimals, or with two digits if they are only parts of a cent.
func cents(dollars float64) string {
	return "$" + strconv.FormatFloat(dollars, 'f', max(2, 1-int(math.Floor(math.Log10(dollars)))), 64)
}
