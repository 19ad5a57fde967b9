------------------------------ MODULE Pipeline ------------------------------
(* The protocol of docs/design.md: how an item gets from a POST to its prediction, whatever fails on the way.

   A client may post an item several times. The writer sends its key to the queue and then stores it. Consumers
   receive messages, read the items, classify them and delete the messages; or they give a message back, or they
   mark the item as failed and send a dead letter. Any call may fail, any consumer may crash, and a message may
   come back at any time, also while somebody works on it. Time is not in it: what depends on time may happen
   whenever the step before it has happened. *)
EXTENDS Naturals, FiniteSets

CONSTANTS
  Items,        \* what clients post
  Bad,          \* those of them whose stored measurements are not valid
  Consumers,    \* invocations of the function, or batches of workers
  MaxReceives,  \* maxReceiveCount
  Posts,        \* how often an item is posted at most
  Failures,      \* how often consumers, writers and calls fail at most
  Redrives,     \* how often dead letters are moved back at most
  Mistake       \* "none", or a mistake that an invariant must find

VARIABLES
  writers,   \* by item and post: "idle", "enqueued", "acknowledged" or "crashed"
  item,      \* by item: whether it is stored, the model version that classified it or 0, whether it is marked as failed
  messages,  \* set of records: see Message
  consumer,  \* by consumer: what it does
  version,   \* the newest model version
  left       \* failures and redrives that may still happen

vars == <<writers, item, messages, consumer, version, left>>

Versions == 1..2
Absent == [stored |-> FALSE, version |-> 0, failed |-> FALSE]
Pending == [Absent EXCEPT !.stored = TRUE]
IsPending(i) == item[i] = Pending

(* A message is in the queue, in flight, or in the dead-letter queue. n tells messages of one item apart, and by is the
   post that sent it first. A message that waits does not come back before the writer's time to store the item is
   over. A dead letter says why, unless SQS itself has moved the message. *)
Message == [of: Items, n: Nat, by: 1..Posts, place: {"queue", "flight", "dead"}, receives: 0..MaxReceives, waits: BOOLEAN, reason: BOOLEAN]

Of(i) == {m \in messages : m.of = i}
Replace(m, other) == messages' = (messages \ {m}) \cup {other}

Idle == [pc |-> "idle"]

Init ==
  /\ writers = [i \in Items |-> [p \in 1..Posts |-> "idle"]]
  /\ item = [i \in Items |-> Absent]
  /\ messages = {}
  /\ consumer = [c \in Consumers |-> Idle]
  /\ version = 1
  /\ left = [failures |-> Failures, redrives |-> Redrives, sent |-> 0, unsaid |-> FALSE]

Fails == left.failures > 0 /\ left' = [left EXCEPT !.failures = @ - 1]
(* A failure after which nobody may be there to say why a message is given up. *)
FailsUnsaid == left.failures > 0 /\ left' = [left EXCEPT !.failures = @ - 1, !.unsaid = TRUE]
Fine == UNCHANGED left

-----------------------------------------------------------------------------
(* The writer. *)

Write(i, p, from, to) == writers[i][p] = from /\ writers' = [writers EXCEPT ![i][p] = to]

New(i, p) == [of |-> i, n |-> left.sent + 1, by |-> p, place |-> "queue", receives |-> 0, waits |-> FALSE, reason |-> FALSE]

Enqueue(i, p) ==
  /\ Write(i, p, IF Mistake = "store before enqueue" THEN "stored" ELSE "idle", "enqueued")
  /\ messages' = messages \cup {New(i, p)}
  /\ left' = [left EXCEPT !.sent = @ + 1]
  /\ UNCHANGED <<item, consumer, version>>

StoreFirst(i, p) ==
  /\ Mistake = "store before enqueue"
  /\ Write(i, p, "idle", "stored")
  /\ item' = [item EXCEPT ![i] = IF @.stored THEN @ ELSE Pending]
  /\ UNCHANGED <<messages, consumer, version, left>>

(* It stores the item unless it is there, and answers. The client may not get the answer, and posts again. *)
Store(i, p) ==
  /\ Write(i, p, "enqueued", "acknowledged")
  /\ item' = [item EXCEPT ![i] = IF @.stored THEN @ ELSE Pending]
  /\ UNCHANGED <<messages, consumer, version, left>>

(* A call fails, or the writer is cut off at its timeout. *)
WriterFails(i, p) ==
  /\ \E from \in {"idle", "stored", "enqueued"} : Write(i, p, from, "crashed")
  /\ Fails
  /\ UNCHANGED <<item, messages, consumer, version>>

(* The writer that sent a message cannot still store the item: the message is older than its timeout and a margin. *)
WriterIsDone(m) == writers[m.of][m.by] # "enqueued"

-----------------------------------------------------------------------------
(* The queue. *)

Receive(c, m) ==
  /\ consumer[c].pc = "idle" /\ m.place = "queue" /\ m.receives < MaxReceives /\ (m.waits => WriterIsDone(m))
  /\ LET got == [m EXCEPT !.place = "flight", !.receives = @ + 1, !.waits = FALSE] IN
     /\ Replace(m, got)
     /\ consumer' = [consumer EXCEPT ![c] = [pc |-> "received", m |-> got]]
  /\ UNCHANGED <<writers, item, version, left>>

(* SQS delivers a message twice: what d got, c gets too. As c may be as far as d then, this is also a call of d that
   takes effect although d hears no answer, or hears none in time and goes on. *)
ReceiveAgain(c, d) ==
  /\ consumer[c].pc = "idle" /\ consumer[d].pc # "idle"
  /\ consumer' = [consumer EXCEPT ![c] = consumer[d]]
  /\ FailsUnsaid
  /\ UNCHANGED <<writers, item, messages, version>>

(* SQS's own redrive, when a message would be received once more. *)
MoveToDeadLetters(m) ==
  /\ m.place = "queue" /\ m.receives = MaxReceives
  /\ Replace(m, [m EXCEPT !.place = "dead"])
  /\ UNCHANGED <<writers, item, consumer, version, left>>

(* The visibility timeout ends, though a consumer may still work on the message. With enough time and a
   heartbeat that is a failure: the consumer has crashed, hangs or is frozen. *)
BecomeVisible(m) ==
  /\ m.place = "flight"
  /\ IF \E c \in Consumers : consumer[c].pc # "idle" /\ consumer[c].m = m THEN FailsUnsaid ELSE Fine
  /\ Replace(m, [m EXCEPT !.place = "queue"])
  /\ UNCHANGED <<writers, item, consumer, version>>

Redrive(m) ==
  /\ m.place = "dead" /\ left.redrives > 0
  /\ left' = [left EXCEPT !.redrives = @ - 1, !.sent = @ + 1]
  /\ Replace(m, New(m.of, m.by))
  /\ UNCHANGED <<writers, item, consumer, version>>

-----------------------------------------------------------------------------
(* A consumer. *)

Goes(c, from, to) == consumer[c].pc = from /\ consumer' = [consumer EXCEPT ![c] = to]
At(c, pc) == [consumer[c] EXCEPT !.pc = pc]
IsLast(c) == consumer[c].m.receives = MaxReceives

(* What becomes of an item that has the consumer's version already, or a newer one: a version that is newer still may have
   marked it as failed. *)
Superseded(i) == IF item[i].failed THEN "newer" ELSE "done"

(* What a read tells that message m's item is read by a consumer with a model. *)
Found(m, model) ==
  CASE ~item[m.of].stored -> IF WriterIsDone(m) \/ Mistake = "drop a message whose item is missing" THEN "done" ELSE "missing"
    [] item[m.of].version >= model -> IF Mistake = "take what a newer model could not classify for done" THEN "done" ELSE Superseded(m.of)
    [] m.of \in Bad -> "give up"
    [] OTHER -> "classify"

(* A consumer that begins has the newest model or an older one: it may have been started before the upgrade. *)
Begins(c, model, pc) == Goes(c, "received", [pc |-> pc, m |-> consumer[c].m, model |-> model])

Read(c) ==
  /\ \E model \in 1..version : Begins(c, model, Found(consumer[c].m, model))
  /\ UNCHANGED <<writers, item, messages, version, left>>

(* A call fails for good in this invocation. *)
CallFails(c) ==
  /\ (\E model \in 1..version : Begins(c, model, "retry")) \/ Goes(c, "classify", At(c, "retry"))
  /\ Fails
  /\ UNCHANGED <<writers, item, messages, version>>

(* The condition of the write. An item that was classified meanwhile by this version or a newer one stays. *)
MayWrite(i, c) == item[i].stored /\ (item[i].version < consumer[c].model \/ Mistake = "write without a condition")
Written(i, c) == IF MayWrite(i, c) THEN [item[i] EXCEPT !.version = consumer[c].model, !.failed = FALSE] ELSE item[i]

Classify(c) ==
  LET i == consumer[c].m.of IN
  /\ Goes(c, "classify", At(c, IF MayWrite(i, c) THEN "done" ELSE Superseded(i)))
  /\ item' = [item EXCEPT ![i] = Written(i, c)]
  /\ UNCHANGED <<writers, messages, version, left>>

(* The answer to the write is lost. *)
ClassifyUnheard(c) ==
  LET i == consumer[c].m.of IN
  /\ Goes(c, "classify", At(c, "retry"))
  /\ Fails
  /\ item' = [item EXCEPT ![i] = Written(i, c)]
  /\ UNCHANGED <<writers, messages, version>>

(* At the receive before the last, a message whose item is missing is given back for so long that at its last receive
   the writers are done. So it can be told then whether the item will come. *)
WaitsForItem(c) == consumer[c].pc = "missing" /\ consumer[c].m.receives = MaxReceives - 1

(* To retry is to give the message back, unless this is its last receive. An item that a newer model has marked as failed is
   not marked again. *)
Retry(c) ==
  /\ consumer[c].pc \in {"retry", "missing", "newer"}
  /\ IF IsLast(c) /\ Mistake # "notice the last receive one too late"
     THEN /\ consumer' = [consumer EXCEPT ![c] = At(c, IF consumer[c].pc = "newer" THEN "marked" ELSE "give up")]
          /\ UNCHANGED messages
     ELSE /\ consumer' = [consumer EXCEPT ![c] = Idle]
          /\ IF consumer[c].m \in messages THEN Replace(consumer[c].m, [consumer[c].m EXCEPT !.place = "queue", !.waits = WaitsForItem(c)]) ELSE UNCHANGED messages
  /\ UNCHANGED <<writers, item, version, left>>

(* Mark the item as failed, unless it is classified meanwhile. An item that is missing cannot be marked, and its message is
   given up all the same. *)
Mark(c) ==
  LET i == consumer[c].m.of
      superseded == item[i].version >= consumer[c].model
  IN
  /\ Goes(c, "give up", At(c, CASE Mistake = "acknowledge without a dead letter" -> "done"
                                [] superseded /\ Mistake = "take a mark that is refused for done" -> "done"
                                [] superseded -> Superseded(i)
                                [] OTHER -> "marked"))
  /\ item' = [item EXCEPT ![i].failed = @ \/ (item[i].stored /\ ~superseded /\ Mistake # "dead-letter without a mark")]
  /\ UNCHANGED <<writers, messages, version, left>>

(* At the last receive a reason on the message alone is better than none. *)
MarkFails(c) ==
  /\ Goes(c, "give up", At(c, IF IsLast(c) THEN "marked" ELSE "retry"))
  /\ Fails
  /\ UNCHANGED <<writers, item, messages, version>>

SendDeadLetter(c) ==
  /\ Goes(c, "marked", At(c, "done"))
  /\ left' = [left EXCEPT !.sent = @ + 1]
  /\ messages' = messages \cup {[New(consumer[c].m.of, consumer[c].m.by) EXCEPT !.place = "dead", !.reason = TRUE]}
  /\ UNCHANGED <<writers, item, version>>

(* It is given back, also at the last receive: then SQS moves it. *)
SendFails(c) ==
  /\ consumer[c].pc = "marked"
  /\ FailsUnsaid
  /\ consumer' = [consumer EXCEPT ![c] = IF Mistake = "acknowledge although the dead letter was not sent" THEN At(c, "done") ELSE Idle]
  /\ UNCHANGED <<writers, item, messages, version>>

(* The message is deleted, also when it is visible again. A receipt handle of an earlier receive deletes nothing. *)
Acknowledge(c) ==
  /\ Goes(c, "done", Idle)
  /\ messages' = {m \in messages : m.n # consumer[c].m.n \/ m.receives # consumer[c].m.receives \/ m.place = "dead"}
  /\ UNCHANGED <<writers, item, version, left>>

AcknowledgeFails(c) ==
  /\ Goes(c, "done", Idle)
  /\ FailsUnsaid
  /\ UNCHANGED <<writers, item, messages, version>>

DeleteFirst(c) ==
  /\ Mistake = "delete before handling"
  /\ consumer[c].pc = "received" /\ consumer[c].m \in messages
  /\ messages' = messages \ {consumer[c].m}
  /\ UNCHANGED <<writers, item, consumer, version, left>>

(* What it has stays in flight until its visibility timeout ends. *)
Crash(c) ==
  /\ consumer[c].pc # "idle"
  /\ consumer' = [consumer EXCEPT ![c] = Idle]
  /\ FailsUnsaid
  /\ UNCHANGED <<writers, item, messages, version>>

Upgrade ==
  /\ version < 2 /\ version' = version + 1
  /\ UNCHANGED <<writers, item, messages, consumer, left>>

-----------------------------------------------------------------------------

Consumes(c) ==
  \/ \E m \in messages : Receive(c, m)
  \/ Read(c) \/ Classify(c) \/ Retry(c) \/ Mark(c) \/ SendDeadLetter(c) \/ Acknowledge(c)

Next ==
  \/ \E i \in Items, p \in 1..Posts : Enqueue(i, p) \/ Store(i, p) \/ StoreFirst(i, p) \/ WriterFails(i, p)
  \/ \E m \in messages : MoveToDeadLetters(m) \/ BecomeVisible(m) \/ Redrive(m)
  \/ \E c \in Consumers : Consumes(c) \/ CallFails(c) \/ ClassifyUnheard(c) \/ MarkFails(c) \/ SendFails(c)
       \/ AcknowledgeFails(c) \/ DeleteFirst(c) \/ Crash(c) \/ (\E d \in Consumers : ReceiveAgain(c, d))
  \/ Upgrade

(* The writer, the queue and the consumers go on. Nothing has to fail, to be redriven, or to be upgraded. *)
Fairness ==
  /\ \A i \in Items, p \in 1..Posts : WF_vars(Store(i, p))
  /\ \A c \in Consumers : WF_vars(Consumes(c))
  /\ WF_vars(\E m \in messages : MoveToDeadLetters(m) \/ BecomeVisible(m))

Spec == Init /\ [][Next]_vars /\ Fairness

-----------------------------------------------------------------------------
(* What must always hold. *)

Posted(i) == \E p \in 1..Posts : writers[i][p] = "acknowledged"

TypeOK == messages \subseteq Message /\ item \in [Items -> [stored: BOOLEAN, version: {0} \cup Versions, failed: BOOLEAN]]

AnAcknowledgedItemIsStored == \A i \in Items : Posted(i) => item[i].stored
NoItemIsPendingWithoutAMessage == \A i \in Items : IsPending(i) => Of(i) # {}
AFailedItemHasAMessage == \A i \in Items : item[i].failed => Of(i) # {}

(* It takes two failures that a failed item has none for a moment: one consumer has marked it, and before it sends the dead
   letter another one, which has the same receive, acknowledges the message. *)
AFailedItemHasOrGetsAMessage ==
  \A i \in Items : item[i].failed => Of(i) # {} \/ \E c \in Consumers : consumer[c].pc = "marked" /\ consumer[c].m.of = i

(* When all is at rest, every item has a prediction or a mark. Only if something failed, an item may be pending. Then
   its message is among the dead letters. *)
AtRest == (\A c \in Consumers : consumer[c].pc = "idle") /\ \A m \in messages : m.place = "dead"
AtRestNothingIsPendingUnlessSomethingFailed == AtRest /\ left.failures = Failures => \A i \in Items : ~IsPending(i)
ADeadLetterSaysWhyIfSomebodyIsThereToSayIt == ~left.unsaid => \A m \in messages : m.place = "dead" => m.reason
WithoutFailuresOnlyBadItemsAreGivenUp == left.failures = Failures => \A m \in messages : m.place = "dead" => m.of \in Bad /\ m.reason

(* A version writes an item once, and never over a newer one. *)
NoVersionIsWrittenTwice ==
  [][\A i \in Items : item'[i].version = item[i].version \/ item'[i].version > item[i].version]_vars
NoWriteIsRepeated ==
  [][\A c \in Consumers : (Classify(c) \/ ClassifyUnheard(c)) /\ Written(consumer[c].m.of, c) = item[consumer[c].m.of] => ~MayWrite(consumer[c].m.of, c)]_vars

(* Everything comes to rest. *)
EverythingComesToRest == <>[]AtRest
EveryAcknowledgedItemIsDealtWith == \A i \in Items : Posted(i) ~> (item[i].version > 0 \/ \E m \in Of(i) : m.place = "dead")
=============================================================================
