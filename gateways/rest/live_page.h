// The page at "/": web/live/index.html, put into the binary by the build. It asks nothing of anybody but this server,
// by the public REST endpoints and streams.
#pragma once

#include <string>
#include <string_view>

namespace rest {

// The file as it is. Defined by a source that the build makes.
[[nodiscard]] std::string_view live_page_text();

inline constexpr std::string_view kLivePageType = "text/html; charset=utf-8";
// Header lines that go with it: a content security policy that lets nothing run and nothing load but the page's own
// script and style, known by their hashes, and lets it talk to this server alone.
[[nodiscard]] const std::string& live_page_headers();

// Of a page with at most one <script> and one <style>; for tests.
[[nodiscard]] std::string content_security_policy(std::string_view page);

}  // namespace rest
