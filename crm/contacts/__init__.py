"""People and companies: who they are, how to reach them, who is calling.

Owns contacts with their numbers, e-mails and addresses, and the words they are found by. What happened with
a contact (calls, tickets, orders) belongs to other rooms, which give it to the timeline.
"""
