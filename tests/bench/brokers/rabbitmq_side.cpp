// RabbitMQ, through librabbitmq: persistent messages, publisher confirms, prefetch, acknowledgements for fifty at a
// time.
#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <set>

#include "broker_side.hpp"

namespace wye::bench {
namespace {

constexpr amqp_channel_t channel = 1;
constexpr std::uint64_t acks_at_once = 50;

amqp_bytes_t bytes_of(std::string_view text) { return {text.size(), const_cast<char*>(text.data())}; }

class rabbitmq_side final : public broker_side {
 public:
  explicit rabbitmq_side(bool quorum) : quorum_(quorum) {}
  ~rabbitmq_side() override {
    if (connection_ != nullptr) amqp_destroy_connection(connection_);
  }

  void declare(const job& j) override {
    open(j);
    amqp_table_entry_t type{};
    type.key = bytes_of("x-queue-type");
    type.value.kind = AMQP_FIELD_KIND_UTF8;
    type.value.value.bytes = bytes_of("quorum");
    amqp_queue_declare(connection_, channel, bytes_of(j.queue), 0, 1, 0, 0,
                       quorum_ ? amqp_table_t{1, &type} : amqp_empty_table);
    check("declare");
  }

  void produce(const job& j, feed& from) override {
    open(j);
    amqp_confirm_select(connection_, channel);
    check("confirm.select");
    amqp_basic_properties_t how{};
    how._flags = AMQP_BASIC_DELIVERY_MODE_FLAG;
    how.delivery_mode = 2;
    std::uint64_t put = 0;
    for (std::string_view body = from.next(); !body.empty(); body = from.next()) {
      if (amqp_basic_publish(connection_, channel, amqp_empty_bytes, bytes_of(j.queue), 0, 0, &how, bytes_of(body)) !=
          0)
        throw std::runtime_error("rabbitmq: publish failed");
      unconfirmed_.insert(unconfirmed_.end(), ++put);
      while (unconfirmed_.size() >= (j.rate > 0 ? 1 : j.window)) hear_confirm();
    }
    while (!unconfirmed_.empty()) hear_confirm();
  }

  void consume(const job& j, tally& to) override {
    open(j);
    amqp_basic_qos(connection_, channel, 0, static_cast<std::uint16_t>(j.window), 0);
    check("qos");
    amqp_basic_consume(connection_, channel, bytes_of(j.queue), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    check("consume");
    std::uint64_t unacknowledged = 0;
    for (bool more = true; more;) {
      amqp_maybe_release_buffers(connection_);
      amqp_envelope_t got;
      timeval patience{10, 0};
      if (amqp_consume_message(connection_, &got, &patience, 0).reply_type != AMQP_RESPONSE_NORMAL)
        throw std::runtime_error("rabbitmq: nothing came for 10 s");
      more = to.take(got.message.body.bytes, got.message.body.len);
      if (++unacknowledged == acks_at_once || !more || j.rate > 0) {
        amqp_basic_ack(connection_, channel, got.delivery_tag, 1);
        unacknowledged = 0;
      }
      amqp_destroy_envelope(&got);
    }
  }

 private:
  void open(const job& j) {
    const auto colon = j.at.rfind(':');
    connection_ = amqp_new_connection();
    amqp_socket_t* socket = amqp_tcp_socket_new(connection_);
    if (amqp_socket_open(socket, j.at.substr(0, colon).c_str(), std::stoi(j.at.substr(colon + 1))) != 0)
      throw std::runtime_error("rabbitmq: no connection to " + j.at);
    const auto login = amqp_login(connection_, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest");
    if (login.reply_type != AMQP_RESPONSE_NORMAL) throw std::runtime_error("rabbitmq: login refused");
    amqp_channel_open(connection_, channel);
    check("channel");
  }
  void check(const char* what) {
    if (amqp_get_rpc_reply(connection_).reply_type != AMQP_RESPONSE_NORMAL)
      throw std::runtime_error(std::string("rabbitmq: ") + what + " failed");
  }
  void hear_confirm() {
    amqp_maybe_release_buffers(connection_);
    amqp_frame_t heard;
    timeval patience{10, 0};
    if (amqp_simple_wait_frame_noblock(connection_, &heard, &patience) != AMQP_STATUS_OK)
      throw std::runtime_error("rabbitmq: no confirm for 10 s");
    if (heard.frame_type != AMQP_FRAME_METHOD || heard.payload.method.id != AMQP_BASIC_ACK_METHOD)
      throw std::runtime_error("rabbitmq: a message was not confirmed");
    const auto* ack = static_cast<amqp_basic_ack_t*>(heard.payload.method.decoded);
    if (ack->multiple) unconfirmed_.erase(unconfirmed_.begin(), unconfirmed_.upper_bound(ack->delivery_tag));
    else unconfirmed_.erase(ack->delivery_tag);
  }

  bool quorum_;
  amqp_connection_state_t connection_ = nullptr;
  std::set<std::uint64_t> unconfirmed_;  // single confirms may come in any order
};

}  // namespace

std::unique_ptr<broker_side> make_rabbitmq_side(bool quorum) { return std::make_unique<rabbitmq_side>(quorum); }

}  // namespace wye::bench
