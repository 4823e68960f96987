#include "aside.hpp"

#include <algorithm>

namespace wye::disk {
namespace {

constexpr std::size_t max_escaped = 200;
constexpr std::string_view digits = "0123456789ABCDEF";

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

// A name in `aside` that is free: STEM, STEM.2, STEM.3 …
result<std::string> free_name(io& files, const std::string& aside, const std::string& stem) {
  const auto taken = files.list(aside);
  if (!taken) return taken.error();
  std::string name = stem;
  for (int i = 2; std::find(taken->begin(), taken->end(), name) != taken->end(); ++i)
    name = stem + "." + std::to_string(i);
  return aside + "/" + name;
}

result<void> make_aside(io& files, const std::string& aside) {
  if (auto made = files.make_directory(aside); !made) return made;
  return files.sync_directory(aside.substr(0, aside.rfind('/')));
}

}  // namespace

result<void> keep_aside(io& files, const std::string& aside, std::string_view log, std::uint64_t ordinal,
                        std::uint64_t offset, bytes_view bytes) {
  if (auto made = make_aside(files, aside); !made) return made;
  const auto path =
      free_name(files, aside, escaped(log) + "-" + std::to_string(ordinal) + "-" + std::to_string(offset) + ".bytes");
  if (!path) return path.error();
  const auto to = files.open(*path, open_mode::create);
  if (!to) return to.error();
  if (auto written = (*to)->write(0, bytes); !written) return written;
  if (auto synced = (*to)->sync(); !synced) return synced;
  return files.sync_directory(aside);
}

result<void> move_aside(io& files, const std::string& aside, std::string_view log, const std::string& directory,
                        const std::string& name) {
  if (auto made = make_aside(files, aside); !made) return made;
  const auto path = free_name(files, aside, escaped(log) + "-" + name);
  if (!path) return path.error();
  if (auto moved = files.rename(directory + "/" + name, *path); !moved) return moved;
  if (auto synced = files.sync_directory(aside); !synced) return synced;
  return files.sync_directory(directory);
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const std::string next = is_plain(c) ? std::string(1, c) : std::string{'%', digits[byte >> 4], digits[byte & 15]};
    if (out.size() + next.size() > max_escaped) break;
    out += next;
  }
  return out;
}

std::string unescaped(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      out += name[i];
      continue;
    }
    const auto high = i + 2 < name.size() ? digits.find(name[i + 1]) : std::string_view::npos;
    const auto low = i + 2 < name.size() ? digits.find(name[i + 2]) : std::string_view::npos;
    if (high == std::string_view::npos || low == std::string_view::npos) return {};
    out += static_cast<char>(high << 4 | low), i += 2;
  }
  return out;
}

}  // namespace wye::disk
