package processes

import (
	"math/rand/v2"
	"sync"
	"time"
)

// chance draws what is random. It is safe for concurrent use.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newChance(seed uint64) *chance { return &chance{random: rand.New(rand.NewPCG(seed, 0))} }

// number draws one from 0 up to, but not including, 1.
func (c *chance) number() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64()
}

// below draws a whole number from 0 to n-1.
func (c *chance) below(n int) int { return int(c.number() * float64(n)) }

// happens is true with a probability.
func (c *chance) happens(probability float64) bool { return c.number() < probability }

// between draws a duration.
func (c *chance) between(least, most time.Duration) time.Duration {
	return least + time.Duration(c.number()*float64(most-least))
}
