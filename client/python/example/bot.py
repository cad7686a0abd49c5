#!/usr/bin/env python3
"""Answers the first message of each customer, and the choice that they tap."""

import os
import signal
import sys
import threading

from linktor_instagram import Client, EventType, LinktorError

CHOICES = [("Dresses", "DRESSES"), ("Shoes", "SHOES")]


def ready(response):
    if response.subscribed:
        print("reading events; Ctrl-C ends", flush=True)


def follow(client):
    met = set()
    for event in client.subscribe(cursor_store="example.cursor", on_response=ready):
        channel, user = event.channel_id, event.user_id
        # The request id is made from the message, so several replicas answer only
        # once.
        if event.type == EventType.MESSAGE_RECEIVED and user not in met:
            met.add(user)
            text, choices = "Hello! What do you look for?", CHOICES
            key = f"first-{event.message_received.id}"
        elif event.type == EventType.QUICK_REPLY:
            tap = event.quick_reply
            text, choices = f"You chose {tap.text}.", []
            key = f"choice-{tap.message.id}"
        else:
            continue
        try:
            client.send(channel, user, text, quick_replies=choices, request_id=key)
        except LinktorError as error:
            print(error, file=sys.stderr)


def main():
    server = os.environ.get("LINKTOR_IG_SERVER", "127.0.0.1:50051")
    with Client.connect(server, os.environ.get("LINKTOR_IG_API_KEY")) as client:

        def stop(*_):
            # Python may drop an exception of a handler, and close() may wait for
            # this thread. The last event comes again at the next start.
            threading.Thread(target=client.close).start()

        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
        client.set_ice_breakers("ch_instagram_123", [("What is new?", "NEW")])
        follow(client)


try:
    main()
except (LinktorError, OSError, ValueError) as error:
    sys.exit(str(error))
