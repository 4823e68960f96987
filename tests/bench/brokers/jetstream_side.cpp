// NATS JetStream, through cnats: a file stream with work-queue retention, asynchronous publishing, pull and ack.
#include <nats/nats.h>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

void check(natsStatus status, const char* what) {
  if (status != NATS_OK)
    throw std::runtime_error(std::string("jetstream: ") + what + ": " + natsStatus_GetText(status));
}

class jetstream_side final : public broker_side {
 public:
  ~jetstream_side() override {
    jsCtx_Destroy(stream_);
    natsConnection_Destroy(connection_);
  }

  void declare(const job& j) override {
    open(j, 1);
    const char* subject = j.queue.c_str();
    jsStreamConfig config;
    check(jsStreamConfig_Init(&config), "config");
    config.Name = subject;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Retention = js_WorkQueuePolicy;
    check(js_AddStream(nullptr, stream_, &config, nullptr, nullptr), "add stream");
  }

  void produce(const job& j, feed& from) override {
    open(j, static_cast<std::int64_t>(j.rate > 0 ? 1 : j.window));
    for (std::string_view body = from.next(); !body.empty(); body = from.next())
      check(js_PublishAsync(stream_, j.queue.c_str(), body.data(), static_cast<int>(body.size()), nullptr), "publish");
    jsPubOptions patience;
    jsPubOptions_Init(&patience);
    patience.MaxWait = 30'000;
    check(js_PublishAsyncComplete(stream_, &patience), "confirms");
  }

  void consume(const job& j, tally& to) override {
    open(j, 1);
    natsSubscription* from = nullptr;
    check(js_PullSubscribe(&from, stream_, j.queue.c_str(), "g", nullptr, nullptr, nullptr), "subscribe");
    for (bool more = true; more;) {
      natsMsgList got{};
      check(natsSubscription_Fetch(&got, from, static_cast<int>(j.window), 10'000, nullptr), "fetch");
      for (int i = 0; i < got.Count; ++i) {
        more =
            to.take(natsMsg_GetData(got.Msgs[i]), static_cast<std::size_t>(natsMsg_GetDataLength(got.Msgs[i]))) && more;
        check(natsMsg_Ack(got.Msgs[i], nullptr), "ack");
      }
      natsMsgList_Destroy(&got);
    }
    check(natsConnection_Flush(connection_), "flush");
    natsSubscription_Destroy(from);
  }

 private:
  void open(const job& j, std::int64_t window) {
    check(natsConnection_ConnectTo(&connection_, ("nats://" + j.at).c_str()), "connect");
    jsOptions options;
    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = window;
    options.PublishAsync.StallWait = 30'000;
    options.PublishAsync.ErrHandler = [](jsCtx*, jsPubAckErr*, void*) {
      std::abort();
    };  // a refused message ends the run
    check(natsConnection_JetStream(&stream_, connection_, &options), "jetstream");
  }

  natsConnection* connection_ = nullptr;
  jsCtx* stream_ = nullptr;
};

}  // namespace

std::unique_ptr<broker_side> make_jetstream_side() { return std::make_unique<jetstream_side>(); }

}  // namespace wye::bench
