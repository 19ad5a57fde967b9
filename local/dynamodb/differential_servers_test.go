package dynamodb_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"simple-sam-demo/local/differential"
)

// dynaliteVersion is the version of dynalite in npm.
const dynaliteVersion = "4.0.0"

// mostTime is how long the test waits for an answer. A server that takes longer gives "no answer".
const mostTime = 2 * time.Second

// otherServers are the emulators that the test can compare the local DynamoDB with. The environment
// variable DYNAMODB_DIFFERENTIAL names those that it uses, with commas between.
var otherServers = map[string]func(t *testing.T) (url string){
	"dynalite": startDynalite,
	"moto":     differential.StartMoto,
}

// startDynalite starts dynalite, which it fetches with npm. New tables are active at once.
func startDynalite(t *testing.T) (url string) {
	differential.Need(t, "node", "npm")
	folder := differential.Cached(t, "dynalite-"+dynaliteVersion)
	differential.Run(t, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", folder, "dynalite@"+dynaliteVersion)
	address, port := differential.FreeAddress(t)
	// Some conditions crash dynalite. With this script it goes on, and such a call gets no answer.
	const start = "process.on('uncaughtException', console.error); process.argv.splice(1, 0, 'dynalite'); require('dynalite/cli.js')"
	t.Setenv("NODE_PATH", filepath.Join(folder, "node_modules"))
	differential.Start(t, address, "node", "-e", start, "--", "--host", "127.0.0.1", "--port", port,
		"--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
	return "http://" + address
}

// The test makes random sequences of valid and invalid calls on the local DynamoDB and on another
// emulator. What expressions mean is tested in differential_conditions_test.go and
// differential_updates_test.go.
func TestRandomSequencesOfCallsAreAnsweredAsOtherServersAnswerButForKnownDifferences(t *testing.T) {
	differential.Against(t, "DYNAMODB_DIFFERENTIAL", otherServers, func(t *testing.T, name string, config aws.Config) {
		config.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: mostTime}
		theirs, tally := dynamodb.NewFromConfig(config), differential.NewTally(name, knownDifferences[name])
		rapid.Check(t, func(t *rapid.T) {
			tally.Sequences++
			c := &comparison{t: t, ours: newClient(), theirs: theirs, tally: tally}
			t.Cleanup(c.deleteTable) // also after a failed sequence
			c.startAnew()
			t.Repeat(c.actions())
		})
		tally.Report(t)
	})
}

// comparison runs one sequence on one table of each of two servers.
type comparison struct {
	t            *rapid.T
	ours, theirs *dynamodb.Client
	tally        *differential.Tally
	drawn        drawn
}

// startAnew goes on with a new, empty table.
func (c *comparison) startAnew() {
	if c.drawn.table != nil {
		c.deleteTable()
	}
	c.drawn = drawn{drawTable(c.t, c.tally.Prefix()+"Records")}
	for _, client := range []*dynamodb.Client{c.ours, c.theirs} {
		if _, err := client.CreateTable(c.t.Context(), c.drawn.table); err != nil {
			c.t.Fatalf("%v: %v", inWords(c.drawn.table), err)
		}
		c.waitFor(client, c.drawn.table.TableName)
	}
	c.t.Log(inWords(c.drawn.table))
}

func (c *comparison) waitFor(client *dynamodb.Client, table *string) {
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 5*time.Millisecond, 50*time.Millisecond
	})
	if err := waiter.Wait(c.t.Context(), &dynamodb.DescribeTableInput{TableName: table}, time.Minute); err != nil {
		c.t.Fatal(err)
	}
}

func (c *comparison) deleteTable() {
	for _, client := range []*dynamodb.Client{c.ours, c.theirs} {
		if _, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: c.drawn.table.TableName}); err != nil {
			c.t.Error(err)
		}
	}
}

// do makes an operation on both servers. It compares the answers, and then the items of the table.
func (c *comparison) do(o operation) {
	c.t.Log(o)
	c.tally.Operations++
	apart := c.tally.Tolerate(c.t, differences(o.String(), o.on(c, c.ours), o.on(c, c.theirs))) ||
		c.tally.Tolerate(c.t, differences("Scan after "+o.String(), c.state(c.ours), c.state(c.theirs)))
	if apart {
		c.t.Log("with a new table:")
		c.tally.Anew++
		c.startAnew()
	}
}

// differences compares two answers. If only one is an error, or if the two errors differ, it reports
// only that.
func differences(operation string, ours, theirs told) []differential.Difference {
	const is = "error"
	if ours[is] != theirs[is] {
		ours, theirs = told{is: ours[is]}, told{is: theirs[is]}
	}
	return differential.DifferencesOf(operation, ours, theirs)
}

// state returns all items of the table as facts.
func (c *comparison) state(client *dynamodb.Client) told {
	scan := scanAll(&dynamodb.ScanInput{TableName: c.drawn.table.TableName, ConsistentRead: aws.Bool(true), Select: types.SelectAllAttributes})
	return scan.on(c, client)
}
