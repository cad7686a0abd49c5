// Command example answers each customer's first message, and the choice they make.
package main

import (
	"cmp"
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	linktor "linktor.dev/instagram"
	v1 "linktor.dev/instagram/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	client, err := linktor.New(cmp.Or(os.Getenv("LINKTOR_IG_SERVER"), "127.0.0.1:50051"),
		linktor.WithAPIKey(os.Getenv("LINKTOR_IG_API_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.SetIceBreakers(ctx, &v1.SetIceBreakersRequest{
		ChannelId: "ch_instagram_123", IceBreakers: []*v1.IceBreaker{{Question: "What is new?", Payload: "NEW"}}}); err != nil {
		log.Fatal(err)
	}
	met := map[string]bool{}
	ready := linktor.OnResponse(func(response *v1.SubscribeEventsResponse) {
		if response.GetSubscribed() {
			log.Print("reading events; Ctrl-C ends")
		}
	})
	for event, err := range client.Subscribe(ctx, nil, ready, linktor.KeepCursor(linktor.FileCursor("example.cursor"))) {
		if ctx.Err() != nil {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		var send *v1.SendMessageRequest
		// The request id is made from the message, so replicas send one answer.
		if message := event.GetMessageReceived(); message != nil && !met[event.GetUserId()] {
			met[event.GetUserId()] = true
			send = linktor.Text(event.GetChannelId(), event.GetUserId(), "Hello! What do you look for?")
			send.RequestId = "first-" + message.GetId()
			send.Content.QuickReplies = []*v1.QuickReply{
				{Title: "Dresses", Payload: "DRESSES"}, {Title: "Shoes", Payload: "SHOES"}}
		} else if tap := event.GetQuickReply(); tap != nil {
			send = linktor.Text(event.GetChannelId(), event.GetUserId(), "You chose "+tap.GetText()+".")
			send.RequestId = "choice-" + tap.GetMessage().GetId()
		} else {
			continue
		}
		if _, err := client.Send(ctx, send); ctx.Err() != nil {
			return // The event comes again at the next start.
		} else if err != nil {
			log.Print(err)
		}
	}
}
