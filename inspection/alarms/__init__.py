"""The station's alarms: what a person has to see to, from when it stood to who took it on.

A condition is read off the station at a moment (`condition`): of what was decided (`quality`), of everything else in
`inspection.station.conditions`. The book makes one alarm of it, however often it comes and goes (`book`), a thread
keeps both together and writes what changes into the store (`watch`, `records`), and tells those who want messages
(`messages`). Nothing of this alters a verdict, and nothing of it runs in the publisher but bounded counting.
"""
