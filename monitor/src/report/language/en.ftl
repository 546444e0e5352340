# What reports say, in English.

## Language

lang = en

## Dates and periods

date-moment = { $day }{ "\u00A0" }{ $month } { $year } at { $hour }:{ $minute }:{ $second }
date-minute = { $day }{ "\u00A0" }{ $month } { $year } at { $hour }:{ $minute }
date-day = { $day }{ "\u00A0" }{ $month_short }{ "\u00A0" }{ $year }
date-clock = { $hour_two }:{ $minute }:{ $second }
date-tick = { $day }{ "\u00A0" }{ $month_short }, { $hour }:{ $minute }
period-seconds = { $n }{ "\u00A0" }s
period-minutes = { $n }{ "\u00A0" }min{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }s
 }
period-hours = { $n }{ "\u00A0" }h{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }min
 }
period-days = { $n }{ "\u00A0" }{ $n ->
    [one] day
   *[other] days
 }{ $rest ->
    [0] { "" }
   *[other] { " " }{ $rest }{ "\u00A0" }h
 }
utc = ({ $clock } UTC)
seconds = { $shown }{ "\u00A0" }s

## First page

title = Incident report no.{ "\u00A0" }{ $id }
kind = Telephony: incident report for the operator, the authorities and the insurer
operator-unknown = Operator not given
about-period = Period
about-until = to
about-goes-on = going on when this report was made
about-made = Report made
about-host = Guarded host
about-reference = Reference
about-customer = Customer
about-severity = Severity
about-zone = Local time
about-numbers = Numbers
severity = { $what ->
    [warning] warning
    [critical] critical
   *[other] { $what }
 }
numbers-whole = shown whole
numbers-masked = masked
numbers-masked-by = masked (last { $n ->
    [one] digit
   *[other] { $n } digits
 } hidden)
unknown = unknown
not-given = not given
reveal-title = This report contains whole numbers.
reveal-text = They were revealed by { $by } on { $when }; the journal has it on record (entry { $seq }). Hand it to authorised persons only.
reveal-not-found = { $n ->
    [one] { $n } number stays masked, as nothing keeps it any more.
   *[other] { $n } numbers stay masked, as nothing keeps them any more.
 }

## Summary

summary = In short
summary-estimate = Costs are estimates, computed from the tariffs written in the security policy; only the operator’s bill is binding.
calls = { $n ->
    [one] { $n } call
   *[other] { $n } calls
 }
subject = { $kind ->
    [limit] Limit “{ $name }” reached
    [unusual] Unusual traffic
    [blocked_invites] Calls to forbidden destinations
    [gap] Interruption of the guard
   *[other] { $kind }
 }
subject-towards = { $subject }: calls to { $where }
incident-kind = { $what ->
    [limit] a limit of the policy was reached
    [unusual] many more calls than usual at this hour of the week
    [blocked_invites] calls to forbidden destinations were dropped
    [gap] the guard was interrupted
   *[other] { $what }
 }
said-calls = Between { $from } and { $until }, { $calls ->
    [0] no call
    [one] { $calls } call
   *[other] { $calls } calls
 } went through to { $where }.
said-no-destination = Between { $from } and { $until }, { $calls ->
    [0] no call
    [one] { $calls } call
   *[other] { $calls } calls
 } went through.
said-gap = Between { $from } and { $until } the guard was interrupted: whatever passed meanwhile was neither counted nor blocked.
said-cost = { $answered ->
    [0] None was answered.
    [one] { $answered } was answered: { $duration } of talk, at an estimated cost of { $cost }.
   *[other] { $answered } were answered: { $duration } of talk, at an estimated cost of { $cost }.
 }
said-no-cost = { $answered ->
    [0] None was answered.
    [one] { $answered } was answered: { $duration } of talk; no tariff says at what cost.
   *[other] { $answered } were answered: { $duration } of talk; no tariff says at what cost.
 }
said-blocked = { $n ->
    [one] { $n } call was blocked.
   *[other] { $n } calls were blocked.
 }
said-told = The first alert was delivered to { $to } on { $when }, { $delay } after the beginning.
said-nobody-told = No alert was delivered to anybody.
said-acknowledged = { $by } took the incident up on { $when }.
said-nobody-acknowledged = Nobody had taken it up when this report was made.
figure-cost = Estimated cost
figure-talk = Talk time
figure-prevented = Cost prevented (estimated)
figure-told = First alert delivered
figure-cost-note = { $n ->
    [one] { $n } answered call
   *[other] { $n } answered calls
 }
figure-cost-unknown = no tariff
figure-talk-note = in { $n ->
    [one] { $n } call
   *[other] { $n } calls
 }
figure-prevented-note = { $n ->
    [one] { $n } call blocked
   *[other] { $n } calls blocked
 }
figure-told-note = after the beginning
figure-told-never = never
figure-told-never-note = no delivery

## The facts

facts = The facts
fact-kind = Nature
fact-began = Beginning
fact-ended = End
fact-lasted = Duration
goes-on-since = going on; latest fact on { $when }
fact-rule = Rule
fact-value = Value found
fact-threshold = against a threshold of { $threshold }.
fact-usual = Usually: { $usual }.
fact-no-rule = no rule is concerned
fact-destination = Destination
fact-country = Country
fact-key = Counted for
fact-source = Source of the calls
fact-many-sources = several addresses, or unknown
fact-interfaces = Interfaces
fact-joined = Joined
fact-joined-text = { $n ->
    [one] stands for { $n } incident, as there were too many
   *[other] stands for { $n } incidents, as there were too many
 }
fact-alerts = Alerts
alerts = { $n ->
    [one] { $n } alert
   *[other] { $n } alerts
 }
escalations = told again { $n ->
    [one] { $n } time
   *[other] { $n } times
 }
fact-acknowledged = Taken up
acknowledged-by = by { $by }, on { $when } ({ $through ->
    [command] by command on the host
    [alertmanager] by a silence of Alertmanager
   *[other] { $through }
 }).
acknowledged-nobody = nobody when this report was made
quoted = “{ $text }”
rule = “{ $name }”: { $counts ->
    [calls] calls
    [concurrent_calls] calls at once
    [minutes] minutes
    [spend] spend
    [repeated_calls] repeated calls to one number
    [short_calls] very short calls
    [numbers] different numbers
    [failed_calls] failed calls
    [new_countries] new countries
    [invites] call requests
   *[other] { $counts }
 }, { $scope ->
    [all] over all
    [destination] for each destination
    [country] for each country
    [number] for each called number
    [caller] for each caller
    [source] for each source
    [trunk] for each trunk
    [customer] for each customer
   *[other] { $scope }
 }
rule-window = { $rule }, within { $window ->
    [day] a day
    [month] a month
   *[other] { $window }
 }
rule-dropped = { $why ->
    [policy] the policy forbids this destination
    [temporary_block] a temporary block was in force
   *[other] reason “{ $why }”
 }
in-unit = { $unit ->
    [calls] { $shown } calls
    [minutes] { $shown }{ "\u00A0" }min
    [numbers] { $shown } numbers
    [countries] { $shown } countries
   *[other] { $shown } { $unit }
 }

## Destinations and costs

costs = Destinations and costs
costs-caption = Calls that went through and that were blocked, by destination, with the tariff used
costs-none = No call was followed in this incident.
col-destination = Destination
col-calls = Calls
col-blocked = Blocked
col-duration = Talk time
col-tariff = Tariff
col-cost = Cost
col-cumulative = Cumulative
total = Total
no-tariff = none
destination-other = others
tariff = “{ $name }”: { $minute }/min{ $call ->
    [none] { "" }
   *[other] { " " }and { $call } a call
 }; { $then ->
    [1] billed by the second
   *[other] in steps of { $then }{ "\u00A0" }s
 }{ $first ->
    [same] { "" }
   *[other] , at least { $first }{ "\u00A0" }s
 }
tariff-bands = (other prices at certain times)
answered-of = Of { $n ->
    [one] { $n } call
   *[other] { $n } calls
 }, { $answered ->
    [0] none was answered.
    [one] { $answered } was answered.
   *[other] { $answered } were answered.
 }
active = { $n ->
    [one] { $n } goes on.
   *[other] { $n } go on.
 }
dropped-invites = { $n ->
    [one] The kernel dropped { $n } call request (INVITE) meanwhile, repetitions included.
   *[other] The kernel dropped { $n } call requests (INVITE) meanwhile, repetitions included.
 }
prevented = Cost prevented
prevented-text = { $n ->
    [one] { $n } blocked call
   *[other] { $n } blocked calls
 } would have cost about { $amount }: each is taken to last { $each }, which is { $basis ->
    [incident] the mean length of the answered calls of this incident
    [destination] the mean length of the answered calls to the same destination on record
    [increment] the first billing step, the least that a call can cost
   *[other] { $basis }
 }, at the tariff “{ $tariff }”. This is an estimate: nobody knows how long these calls would have lasted, or whether anybody would have answered.
prevented-nothing = No call was blocked: nothing was prevented.
prevented-unknown = { $n ->
    [one] { $n } call was blocked; what it would have cost
   *[other] { $n } calls were blocked; what they would have cost
 } cannot be estimated, for want of a tariff or a length.

## Charts

charts = Course of events
chart-calls = Calls over time
chart-money = Cumulative cost over time
chart-calls-caption = Calls that went through and that were blocked, by slices of { $each }
chart-money-caption = Estimated cumulative cost, { $currency }
chart-calls-text = Stacked bars: calls that went through, then calls that were blocked. At most { $most } calls in one slice, which begins on { $when }. The annex “Values of the charts” has each value.
chart-money-text = A line that rises to { $amount }. The annex “Values of the charts” has each value.
legend-calls = went through
legend-blocked = blocked
charts-table = The same values are in a table in the annex.

## Timeline

timeline = Timeline
timeline-caption = Local times ({ $zone }) and UTC; the last column names the entry of the journal
col-time = Local time
col-event = Event
col-entry = Entry
timeline-left-out = { $n ->
    [one] { $n } further event is
   *[other] { $n } further events are
 } in the journal.
event = { $what ->
    [began] The incident begins
    [alert] Further alert: { $subject }
    [told] Message sent: { $subject }
    [delivered] Message delivered to { $subject }
    [not_delivered] Message not delivered to { $subject }
    [acknowledged] Taken up by { $subject }
    [blocked] Blocked: { $subject }
    [would_block] Would have been blocked (dry run, nothing is dropped): { $subject }
    [not_blocked] Not blocked: { $subject }
    [unblocked] Unblocked: { $subject }
    [program] Program started: { $subject }
    [policy] Policy put in force: { $subject }
    [policy_refused] Policy refused, the one before stays in force
    [clock] Clock: { $subject }
    [gap] The guard was interrupted
    [lost] Entries of the journal were lost
    [started] The guard starts
    [stopped] The guard is asked to stop
    [revealed] Numbers revealed to { $subject }
    [ended] The incident ends
   *[other] { $what }
 }

## Automatic measures

measures = What was done automatically
measures-caption = Blocks and programs
col-measure = Measure
col-target = Target
col-until = Until
measure = { $what ->
    [blocked] blocked
    [would_block] would have been blocked (dry run)
    [not_blocked] not blocked
    [unblocked] unblocked
    [program] program started
   *[other] { $what }
 }
measure-why = Reason: { $why }.
until-taken-away = taken away by hand
measures-none = Nothing was done automatically.

## Who was told

told = Who was told
told-caption = Each message to each receiver, with what its server answered
col-who = Receiver
col-news = About
col-decided = Sent
col-delivered = Delivered
col-answer = Server’s answer
col-why = Reason
through = through “{ $sink }”
news = { $what ->
    [opened] beginning
    [grew] growth
    [escalated] escalation
    [unacknowledged] not taken up
    [acknowledged] taken up
    [ended] end
    [test] test
   *[other] { $what }
 }
delivery = { $what ->
    [delivered] delivered
    [waiting] waiting
    [failed] not delivered
   *[other] { $what }
 }
no-answer = none
tries = { $n ->
    [one] { $n } try
   *[other] { $n } tries
 }
told-note = “Delivered”: the receiver’s server accepted the message. It does not prove that a person read it; only that somebody took the incident up does.
told-nobody = No message was sent.
not-told = Who could not be told
not-told-none = Nobody: every receiver of the policy was told.
of-customer = contact of the customer { $customer }
why-not = { $what ->
    [telephone] this is a telephone number, and the system makes no calls: a person has to ring it.
    [failed] every try failed.
    [waiting] no try has succeeded so far.
    [no_contact] the customer has no contact in the policy.
    [no_sink] the policy names nobody to tell.
   *[other] { $what }
 }

## What can be done

remedies = What can be done now, and at what cost
remedies-caption = Measures that the operator offers against such an incident
col-remedy = Measure
col-price = Price
remedy-other-language = (text in French only)
price = { $price }{ $per ->
    [once] { "" }
    [hour] { " " }an hour
    [day] { " " }a day
    [month] { " " }a month
    [year] { " " }a year
    [call] { " " }a call
    [line] { " " }a line
   *[other] { " " }({ $per })
 }
price-free = free
price-unknown = not given
remedies-none = The policy offers no measure against this incident: ask the operator.
remedies-contact = Contact: { $contact }

## Limits of the report

limits = What this report cannot say
limits-text = A statement is worth what it owns not to know. This is how the clock stood, and what was interrupted or lost between the beginning and the end of the incident.
clock = Clock
clock-since = From { $when }:
clock-good = synchronised.
clock-bad = not synchronised.
clock-unknown = state unknown.
clock-set = set by { $seconds }.
clock-error = Error as the system estimates it: at most { $seconds }.
gaps = Interruptions
gaps-none = none
gap = From { $from } to { $until }.
lost-events = Lost events
lost-events-none = none
lost-events-some = { $n ->
    [one] { $n } event of the kernel was lost: its call may be missing.
   *[other] { $n } events of the kernel were lost: their calls may be missing.
 }
lost-entries = Lost entries of the journal
lost-entries-none = none
lost-entries-some = { $n ->
    [one] { $n } entry could not be written.
   *[other] { $n } entries could not be written.
 }
deleted = { $n ->
    [one] The content of { $n } entry was deleted when its time was over; the chain still verifies.
   *[other] The contents of { $n } entries were deleted when their time was over; the chain still verifies.
 }
missing-title = Missing information
missing-none = none
missing = { $what ->
    [policy] The policy that was in force is not at hand: operator, measures and prices are missing.
    [policy_changed] The policy was changed since: operator, measures and prices are those of today’s text.
    [operator] The policy does not name the operator.
    [remedies] The policy offers no measure against this incident.
    [spend] No tariff says what the calls cost.
    [prevented] What the blocked calls would have cost cannot be estimated.
    [slices] How the calls spread over time was not recorded.
    [clock] The journal says nothing of the clock before the incident.
    [events] Whether events were lost was not recorded.
    [journal] The journal could not be read as a whole.
    [host] The name of the host was not recorded.
    [goes_on] The incident goes on: its figures will change.
   *[other] { $what }
 }

## Signature

signature = Signature
signature-text = The undersigned certifies that this report was made from the records of the host named above, without any change.
signature-name = Name and capacity
signature-place = Place and date
signature-sign = Signature

## Annexes

annex-policy = Annex: the policy in force
policy-path = File
policy-loaded = Put in force
policy-entry = (entry { $seq } of the journal)
policy-text = Text
policy-text-is = { $what ->
    [same] the one that was in force, as its digest shows
    [other] changed since; digest of today’s text:
    [missing] not at hand
   *[other] { $what }
 }
policy-excerpts = Excerpts that concern this incident, as the owner wrote them:
annex-proof = Annex: proof by the journal
proof-text = Each entry of the journal holds the SHA-256 of the one before: to change, remove or add an entry changes all that follow.
proof-whole = Chain verified on { $when }: { $n ->
    [one] { $n } entry, nothing wrong.
   *[other] { $n } entries, nothing wrong.
 }
proof-broken = There is something wrong with the chain:
proof-unknown = The chain could not be verified.
col-entry-of = Entry of the journal
proof-first = the journal’s first
proof-incident-first = the incident’s first
proof-incident-last = the incident’s last
proof-last = the journal’s last
verify = How a third party checks it
verify-text = On the host, the first command verifies the chain; the second exports it, one entry a line:
verify-recipe = With the export alone, and any tool that computes SHA-256, each entry is computed thus (texts follow one another, “\n” is a line feed, 64 zeros come before the first entry):
verify-outside = Each alert bears number and hash of the newest entry: its receivers hold a copy outside the host to compare with.
annex-packets = Annex: packets kept
packets-text = { $n ->
    [one] { $n } SIP packet of this incident is
   *[other] { $n } SIP packets of this incident are
 } kept as pcapng, which Wireshark opens; the comment of each names its rule.
packets-left-out = { $n ->
    [one] { $n } more could not be.
   *[other] { $n } more could not be.
 }
octets = { $n ->
    [one] { $n } octet
   *[other] { $n } octets
 }
annex-numbers = Annex: numbers called
numbers-text-masked = Numbers are masked; the token, computed with a key of the host, lets the same number be recognised from one document to another without revealing it.
numbers-text-whole = Whole numbers; the token, computed with a key of the host, stands for the same number in documents where it is masked.
col-number = Number
col-token = Token
annex-values = Annex: values of the charts
values-caption = By slices of { $each }; local times ({ $zone }) and UTC
col-from = From
and = { $first } and { $last }
