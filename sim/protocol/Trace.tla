------------------------------- MODULE Trace -------------------------------
(* Tells whether what happened to an item in the simulation is a behaviour of Pipeline.tla. The method is that of H. Cirstea,
   M. A. Kuppe, B. Loillier and S. Merz, "Validating Traces of Distributed Programs Against TLA+ Specifications", SEFM 2024.

   check.py writes the module Runs. It defines Traces, a sequence of what sim/steps.go writes down. A trace has what AWS did, in
   order: each such step must be a step of the specification. What a consumer does without AWS is not in the trace. So a
   consumer may make such steps, its turns, just before AWS does something for it. *)
EXTENDS Pipeline, Runs, Sequences, TLC

VARIABLES trace, next \* the number of the trace, and of its step that comes next

ASSUME \A t \in 1..Len(Traces) : TLCSet(t, 0)

Step == Traces[trace].steps[next]
I == Traces[trace].item
Disturbed == Traces[trace].disturbed
Calm(c) == c \notin Disturbed

(* Who may have made a call: one of some consumers, or another one that is as far as they. See ReceiveAgain. *)
Callers == Step.who \cup {c \in {Step.ghost} : c # 0}

(* A consumer has the new model if it writes with that. With which model another one only reads makes no difference. *)
HasItsModel(c) ==
  \/ "model" \notin DOMAIN consumer'[c]
  \/ consumer'[c].model = IF c \in Traces[trace].newest THEN 2 ELSE 1

TraceInit == Init /\ trace \in 1..Len(Traces) /\ next = 1

-----------------------------------------------------------------------------
(* What is not in the trace. *)

Turn(c) ==
  /\ \/ Classify(c) \/ Mark(c) \/ Retry(c)
     \/ ~Calm(c) /\ ((CallFails(c) /\ HasItsModel(c)) \/ MarkFails(c) \/ SendFails(c))
  /\ UNCHANGED <<item, messages>>

(* A message that a calm consumer has does not become visible. *)
Reappears(m) == BecomeVisible(m) /\ \A c \in Consumers : (consumer[c].pc # "idle" /\ consumer[c].m = m) => ~Calm(c)

(* Nobody sees that SQS moves a message. *)
IsMovedToDeadLetters(m) == m.receives = MaxReceives /\ (Reappears(m) \/ MoveToDeadLetters(m))

Unseen ==
  CASE Step.op = "turn" -> Turn(Step.c)
    [] Step.op = "end" -> Calm(Step.c) /\ Turn(Step.c)
    [] Step.op = "again" -> \E c \in Step.who : Turn(c)
    [] Step.op \in {"classify", "mark", "send", "give back"} -> \E c \in Callers : Turn(c)
    [] Step.op = "delete" -> (\E c \in Step.who : Turn(c)) \/ (\E m \in messages : m.n = Step.n /\ IsMovedToDeadLetters(m))
    [] Step.op = "read" -> ~Step.stored /\ Step.c # 0 /\ consumer[Step.c].pc # "idle" /\ WriterFails(I, consumer[Step.c].m.by)
    [] Step.op = "receive" -> \E m \in messages : m.n = Step.n /\ (Reappears(m) \/ (m.waits /\ WriterFails(I, m.by)))
    [] Step.op = "letter" -> \E m \in messages : m.n = Step.n /\ IsMovedToDeadLetters(m)
    [] Step.op = "redrive" -> \E m \in messages : IsMovedToDeadLetters(m)
    [] OTHER -> FALSE

-----------------------------------------------------------------------------
(* What is in the trace. *)

Sees == item[I] = [stored |-> Step.stored, version |-> Step.version, failed |-> Step.failed]

(* A consumer that finds no item reads again soon. One that was disturbed may not hear the answer. *)
MayReadAgain(c) == consumer[c].pc # "received" \/ ~Step.stored \/ ~Calm(c)

(* A calm consumer gives back its message or deletes it. To delete it may have no effect: others had the message again. *)
MayEnd(c) == consumer[c].pc = "done" \/ ~Calm(c)

Seen ==
  CASE Step.op = "enqueue" -> Enqueue(I, Step.p)
    [] Step.op = "store" -> Step.p # 0 /\ ~item[I].stored /\ Store(I, Step.p)
    [] Step.op = "receive" -> \E m \in messages : m.n = Step.n /\ m.receives + 1 = Step.count /\ Receive(Step.c, m)
    [] Step.op = "again" -> \E d \in Step.who : ReceiveAgain(Step.c, d)
    [] Step.op = "redrive" -> \E m \in messages : Redrive(m)
    [] Step.op = "upgrade" -> Upgrade
    [] Step.op = "read" -> Sees /\ IF Step.c = 0 THEN UNCHANGED vars ELSE (Read(Step.c) /\ HasItsModel(Step.c)) \/ (MayReadAgain(Step.c) /\ UNCHANGED vars)
    [] Step.op = "classify" -> \E c \in Callers : Classify(c) /\ item[I].version # Step.version /\ item'[I].version = Step.version
    [] Step.op = "mark" -> \E c \in Callers : Mark(c) /\ consumer'[c].pc = "marked"
    [] Step.op = "send" -> \E c \in Callers : SendDeadLetter(c)
    [] Step.op = "give back" -> \E c \in Callers : (Retry(c) \/ SendFails(c)) /\ consumer'[c].pc = "idle"
    [] Step.op = "delete" -> \E c \in Step.who : Acknowledge(c) /\ (messages' # messages \/ \E m \in messages : m.n = Step.n /\ m.place = "dead")
    [] Step.op = "letter" -> (\E m \in messages : m.n = Step.n /\ m.place = "dead" /\ m.reason = Step.reason) /\ UNCHANGED vars
    [] Step.op = "turn" -> UNCHANGED vars
    [] Step.op = "end" -> IF consumer[Step.c].pc = "idle" THEN UNCHANGED vars ELSE MayEnd(Step.c) /\ Crash(Step.c)

(* check.py reads how far each trace was followed. *)
Report == IF next > TLCGet(trace) THEN TLCSet(trace, next) /\ PrintT(<<"followed", trace, next>>) ELSE TRUE

TraceNext ==
  /\ next <= Len(Traces[trace].steps)
  /\ UNCHANGED trace
  /\ \/ Unseen /\ UNCHANGED next
     \/ Seen /\ next' = next + 1 /\ Report

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, trace, next>>
=============================================================================
