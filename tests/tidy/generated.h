// Parts of documents that a program writes and the tidy test keeps current. They stand between two marks:
//
//   <!-- generated: rules -->
//   ...
//   <!-- end of rules -->
//
// `dev/generate` writes them anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tidy {

// The page with what is between the marks of `name` replaced by `text`, which ends in a newline, a blank line on either
// side; none when the page does not have each mark once, in order.
[[nodiscard]] std::optional<std::string> with_generated(std::string_view page, std::string_view name,
                                                        std::string_view text);

// A finding unless the page at `path` (from the project's root) has the text between those marks; when the environment
// has EXCHANGE_GENERATE, the page is written instead.
void expect_generated(const std::string& path, std::string_view name, std::string_view text);

}  // namespace tidy
