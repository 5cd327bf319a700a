#include "napi/errors.h"

namespace dormouse::napi {

char const* code_name(Code code)
{
    switch (code) {
    case Code::InvalidArgument: return "InvalidArgument";
    case Code::InvalidState: return "InvalidState";
    case Code::NotFound: return "NotFound";
    case Code::Unsupported: return "Unsupported";
    case Code::OutOfMemory: return "OutOfMemory";
    case Code::HostFailure: return "HostFailure";
    case Code::Corrupt: return "Corrupt";
    case Code::Superseded: return "Superseded";
    }
    return "HostFailure";
}

Napi::Error to_js(Napi::Env env, Error const& error)
{
    Napi::Error js = Napi::Error::New(env, error.message);
    js.Set("code", Napi::String::New(env, code_name(error.code)));
    return js;
}

Napi::Value fail(Napi::Env env, Error const& error)
{
    to_js(env, error).ThrowAsJavaScriptException();
    return env.Undefined();
}

}
