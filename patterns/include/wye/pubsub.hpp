// publisher and subscriber: one to many, by topic.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <wye/codec.hpp>
#include <wye/pattern.hpp>
#include <wye/stream.hpp>

namespace wye {

/// Sends each message to every subscriber whose filter is a prefix of the topic. Wire: [topic][body…], so that a plain
/// peer sees two frames. Best effort: see socket_options::overflow and docs/reference/matrix.md for what is counted.
template <class T = message>
class publisher : public pattern {
 public:
  publisher(context& ctx, const pattern_options& options) : pattern(ctx, role::publisher, options) {}

  /// Publishes `body` under `topic`. Does not block with overflow::drop. Errors: too_large, closed, concurrent_use;
  /// with overflow::block also timeout, cancelled.
  result<void> send(std::string_view topic, const T& body, deadline until = deadline::never(),
                    std::stop_token stop = {}) {
    message m(frame::borrow(as_bytes(topic)));
    codec<T>::append(body, m);
    return core_.send(m, until, std::move(stop));
  }

  /// Waits until `count` subscriptions are there (that match `topic`, if given): see socket::wait_for_subscriptions.
  result<void> wait_for_subscribers(std::size_t count, deadline until = deadline::never(), std::stop_token stop = {}) {
    return core_.wait_for_subscriptions(count, std::nullopt, until, std::move(stop));
  }
  result<void> wait_for_subscribers(std::string_view topic, std::size_t count, deadline until = deadline::never(),
                                    std::stop_token stop = {}) {
    return core_.wait_for_subscriptions(count, as_bytes(topic), until, std::move(stop));
  }
  /// Subscriptions held now that match `topic`; nullopt where unknowable (NNG). Any thread.
  [[nodiscard]] std::optional<std::size_t> subscribers(std::string_view topic) const {
    return core_.subscriptions(as_bytes(topic));
  }
};

/// What a subscriber receives: `auto& [topic, body] = sample;`
template <class T>
struct sample {
  std::string topic;
  T body;
};

/// Options of a subscriber.
struct subscriber_options {
  endpoints bind = {};
  endpoints connect = {};
  /// Prefixes of the topics wanted; {""} is everything; none receives nothing until subscribe().
  std::vector<std::string> topics = {};
  socket_options socket = {};
};

/// Receives what it subscribed to. Give the topics at construction: they are set before the first connection.
template <class T = message>
class subscriber : public pattern {
 public:
  subscriber(context& ctx, const subscriber_options& options) : pattern(ctx, role::subscriber, {}, {}, options.socket) {
    for (const auto& topic : options.topics) core_.subscribe(as_bytes(topic)).value();
    for (const auto& at : options.bind) core_.bind(at);
    for (const auto& to : options.connect) core_.connect(to);
  }

  /// Adds or removes a prefix. Twice the same is once.
  result<void> subscribe(std::string_view prefix) { return core_.subscribe(as_bytes(prefix)); }
  result<void> unsubscribe(std::string_view prefix) { return core_.unsubscribe(as_bytes(prefix)); }

  /// The next sample. A message of one frame (from a foreign publisher) is all body, its topic empty.
  /// Errors: timeout, cancelled, closed, malformed (counted), concurrent_use.
  result<sample<T>> recv(deadline until = deadline::never(), std::stop_token stop = {}) {
    if constexpr (std::is_same_v<T, message>) {
      result<sample<T>> got;  // filled in place: moving a message costs as much as receiving one
      if (auto done = core_.recv(got->body, until, std::move(stop)); !done) got = done.error();
      else take_topic(got->body, got->topic);
      return got;
    } else {
      auto got = core_.recv(until, std::move(stop));
      if (!got) return got.error();
      std::string topic;
      take_topic(*got, topic);
      auto body = codec<T>::read(std::move(*got));
      if (!body) {
        core_.count_drop(drop_reason::malformed);
        return body.error();
      }
      return sample<T>{std::move(topic), std::move(*body)};
    }
  }

  /// All samples until stop is requested or the socket is closed.
  [[nodiscard]] stream_range<sample<T>, subscriber> until(std::stop_token stop) { return {*this, std::move(stop)}; }

 private:
  static void take_topic(message& m, std::string& topic) {
    if (m.size() > 1) topic = m.front().text(), m.drop_front(1);
  }
};

}  // namespace wye
