// queue_outlet: a binding's connection to its queue: a producer that never waits.
#pragma once

#include <wye/binding_settings.hpp>
#include <wye/producer.hpp>

#include "logs/outlet.hpp"

namespace wye::devices {

class queue_outlet final : public logs::outlet {
 public:
  /// Throws what wye::producer throws.
  queue_outlet(context& ctx, const binding_settings& to, std::size_t max_message);

  result<void> put(message body, const message_properties& properties) override;
  void take(std::vector<result<put_receipt>>& outcomes) override;
  std::string trouble() override;
  void watch(watch_list& list) override;

 private:
  std::vector<result<put_receipt>> outcomes_;  // not taken yet
  raw_producer to_;
};

}  // namespace wye::devices
