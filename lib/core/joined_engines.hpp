// joined_engines: the sockets of several engines that make one socket.
#pragma once

#include <functional>

#include <wye/detail/joined_socket.hpp>

namespace wye::detail {

class joined_engines final : public joined_socket {
 public:
  using opener = std::function<std::unique_ptr<raw_socket>(const endpoint&)>;

  /// `first` is the socket that was there before, of the engine `its_engine`; `open` opens those of others.
  joined_engines(role as, std::string its_engine, std::unique_ptr<raw_socket> first, opener open)
      : joined_socket(as, id_shift), open_(std::move(open)) {
    adopt(std::move(its_engine), std::move(first));
  }

 protected:
  [[nodiscard]] std::string shared_by(const endpoint& e, bool) const override { return e.engine; }
  std::unique_ptr<raw_socket> open(const endpoint& first, bool) override { return open_(first); }

 private:
  static constexpr unsigned id_shift = 56;  // the engines' own ids are smaller

  const opener open_;
};

}  // namespace wye::detail
