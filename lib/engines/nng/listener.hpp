// listener: an endpoint that peers connect to.
#pragma once

#include "stream_place.hpp"

namespace wye::nng {

class listener final : public stream_place {
 public:
  using stream_place::stream_place;
  void start() override;
  void stop() noexcept override;

 private:
  void open();
  void accept();
  void pause(nng_duration how_long);
  void accepted();

  nng_stream_listener* listener_ = nullptr;
  std::mutex mutex_;  // held while something is started, so that nothing is after stop()
  bool stopped_ = false;
  bool pausing_ = false;  // the aio's own
  aio aio_{this, [](void* l) { static_cast<listener*>(l)->accepted(); }};
};

}  // namespace wye::nng
