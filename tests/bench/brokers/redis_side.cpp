// Redis streams, through hiredis: XADD pipelined, XREADGROUP, XACK.
#include <hiredis/hiredis.h>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

struct free_context {
  void operator()(redisContext* c) const { redisFree(c); }
};
struct free_reply {
  void operator()(redisReply* r) const { freeReplyObject(r); }
};
using context = std::unique_ptr<redisContext, free_context>;
using reply = std::unique_ptr<redisReply, free_reply>;

class redis_side final : public broker_side {
 public:
  void declare(const job& j) override {
    open(j);
    command({"XGROUP", "CREATE", j.queue, "g", "$", "MKSTREAM"});
  }

  void produce(const job& j, feed& from) override {
    open(j);
    std::size_t unconfirmed = 0;
    for (std::string_view body = from.next(); !body.empty(); body = from.next()) {
      append({"XADD", j.queue, "*", "b", body});
      ++unconfirmed;
      if (unconfirmed < j.window && j.rate == 0) continue;
      // Half a window at a time: as with any pipelining client, one write for many commands.
      for (const std::size_t keep = j.rate > 0 ? 0 : j.window / 2; unconfirmed > keep; --unconfirmed) answer();
    }
    for (; unconfirmed > 0; --unconfirmed) answer();
  }

  void consume(const job& j, tally& to) override {
    open(j);
    const std::string most = std::to_string(j.window);
    for (bool more = true; more;) {
      const reply got =
          command({"XREADGROUP", "GROUP", "g", "c", "COUNT", most, "BLOCK", "10000", "STREAMS", j.queue, ">"});
      if (got->type != REDIS_REPLY_ARRAY) throw std::runtime_error("redis: nothing came for 10 s");
      const redisReply& entries = *got->element[0]->element[1];
      std::vector<std::string_view> ack{"XACK", j.queue, "g"};
      for (std::size_t i = 0; i < entries.elements; ++i) {
        const redisReply& entry = *entries.element[i];
        const redisReply& body = *entry.element[1]->element[1];
        ack.emplace_back(entry.element[0]->str, entry.element[0]->len);
        more = to.take(body.str, body.len) && more;
      }
      command(ack);
    }
  }

 private:
  void open(const job& j) {
    const auto colon = j.at.rfind(':');
    context_.reset(redisConnect(j.at.substr(0, colon).c_str(), std::stoi(j.at.substr(colon + 1))));
    if (!context_ || context_->err != 0) throw std::runtime_error("redis: no connection to " + j.at);
  }
  void append(const std::vector<std::string_view>& words) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& w : words) texts.push_back(w.data()), sizes.push_back(w.size());
    redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), texts.data(), sizes.data());
  }
  reply answer() {
    void* raw = nullptr;
    if (redisGetReply(context_.get(), &raw) != REDIS_OK) throw std::runtime_error("redis: the connection broke");
    reply r(static_cast<redisReply*>(raw));
    if (r->type == REDIS_REPLY_ERROR) throw std::runtime_error("redis: " + std::string(r->str, r->len));
    return r;
  }
  reply command(const std::vector<std::string_view>& words) { return append(words), answer(); }

  context context_;
};

}  // namespace

std::unique_ptr<broker_side> make_redis_side() { return std::make_unique<redis_side>(); }

}  // namespace wye::bench
