// userDataStream: listen keys made, kept alive and closed. They ask for an API key and nothing else.
#pragma once

#include "gateways/spot/context.h"

namespace spot {

void start_user_stream(const Context& context, Arguments& arguments, JsonWriter& json);
void keep_user_stream(const Context& context, Arguments& arguments, JsonWriter& json);
void stop_user_stream(const Context& context, Arguments& arguments, JsonWriter& json);

}  // namespace spot
