//! Frames of libraries that many tracebacks share.

use super::{Frame, app, lib, std};

/// From the server to the application's endpoint, with every middleware.
pub const WEB: &[Frame] = &[
    lib("starlette/middleware/errors.py", 164, "__call__", "await self.app(scope, receive, _send)"),
    lib("starlette/middleware/base.py", 185, "__call__", "response = await self.dispatch_func(request, call_next)")
        .under("await self.dispatch_func(request, call_next)"),
    app("web/audit.py", 41, "record", "response = await call_next(request)").under("await call_next(request)"),
    lib(
        "starlette/middleware/exceptions.py",
        63,
        "__call__",
        "await wrap_app_handling_exceptions(self.app, conn)(scope, receive, send)",
    ),
    lib("starlette/_exception_handler.py", 42, "wrapped_app", "await app(scope, receive, sender)"),
    lib("starlette/routing.py", 716, "__call__", "await self.middleware_stack(scope, receive, send)"),
    lib("starlette/routing.py", 288, "handle", "await self.app(scope, receive, send)"),
    lib("fastapi/routing.py", 301, "app", "raw_response = await run_endpoint_function("),
    lib("fastapi/routing.py", 212, "run_endpoint_function", "return await dependant.call(**values)"),
];

/// The innermost of those, as a traceback shows them that was caught further in.
pub const ENDPOINT: &[Frame] = &[
    lib("starlette/_exception_handler.py", 42, "wrapped_app", "await app(scope, receive, sender)"),
    lib("starlette/routing.py", 288, "handle", "await self.app(scope, receive, send)"),
    lib("fastapi/routing.py", 301, "app", "raw_response = await run_endpoint_function("),
    lib("fastapi/routing.py", 212, "run_endpoint_function", "return await dependant.call(**values)"),
];

/// The object mapper, from a session that is flushed to its cursor.
pub const FLUSH: &[Frame] = &[
    lib(
        "sqlalchemy/ext/asyncio/session.py",
        802,
        "flush",
        "await greenlet_spawn(self.sync_session.flush, objects=objects)",
    ),
    lib("sqlalchemy/util/_concurrency_py3k.py", 203, "greenlet_spawn", "result = context.switch(value)"),
    lib("sqlalchemy/orm/session.py", 4458, "_flush", "flush_context.execute()"),
    lib("sqlalchemy/orm/persistence.py", 93, "save_obj", "_emit_insert_statements("),
    lib(
        "sqlalchemy/engine/base.py",
        2355,
        "_handle_dbapi_exception",
        "raise sqlalchemy_exception.with_traceback(exc_info[2]) from e",
    ),
];

/// The database's driver, down to the statement that was refused.
pub const EXECUTE: &[Frame] = &[
    lib("sqlalchemy/engine/base.py", 1964, "_exec_single_context", "self.dialect.do_execute("),
    lib("sqlalchemy/dialects/postgresql/asyncpg.py", 580, "execute", "self._adapt_connection.await_("),
    lib("asyncpg/prepared_stmt.py", 176, "fetch", "data = await self.__bind_execute(args, 0, timeout)"),
    lib("asyncpg/prepared_stmt.py", 241, "__bind_execute", "data, status, _ = await self.__do_execute("),
];

/// A query that waits for a free connection.
pub const CHECKOUT: &[Frame] = &[
    lib("sqlalchemy/ext/asyncio/session.py", 463, "execute", "result = await greenlet_spawn("),
    lib("sqlalchemy/orm/session.py", 2365, "execute", "return self._execute_internal("),
    lib("sqlalchemy/pool/base.py", 447, "connect", "return _ConnectionFairy._checkout(self)"),
    lib("sqlalchemy/pool/impl.py", 166, "_do_get", "raise exc.TimeoutError(").under("exc.TimeoutError("),
];

/// A request to somebody else's server.
pub const HTTPX: &[Frame] = &[
    lib("httpx/_client.py", 1905, "post", "return await self.request("),
    lib("httpx/_client.py", 1730, "_send_single_request", "response = await transport.handle_async_request(request)"),
    lib("httpx/_transports/default.py", 394, "handle_async_request", "with map_httpcore_exceptions():"),
    std("contextlib.py", 158, "__exit__", "self.gen.throw(value)"),
    lib("httpx/_transports/default.py", 118, "map_httpcore_exceptions", "raise mapped_exc(message) from exc"),
];

/// The same, one floor further down.
pub const HTTPCORE: &[Frame] = &[
    lib(
        "httpcore/_async/connection_pool.py",
        236,
        "handle_async_request",
        "response = await connection.handle_async_request(",
    ),
    lib("httpcore/_async/http11.py", 217, "_receive_event", "data = await self._network_stream.read("),
    lib("httpcore/_backends/anyio.py", 32, "read", "with map_exceptions(exc_map):"),
    lib("httpcore/_exceptions.py", 14, "map_exceptions", "raise to_exc(exc) from exc"),
];

/// A template that is looked up and rendered.
pub const JINJA: &[Frame] = &[
    lib("jinja2/environment.py", 1016, "get_template", "return self._load_template(name, globals)"),
    lib(
        "jinja2/environment.py",
        975,
        "_load_template",
        "template = self.loader.load(self, name, self.make_globals(globals))",
    ),
    lib("jinja2/loaders.py", 209, "get_source", "raise TemplateNotFound(").under("TemplateNotFound("),
];

/// A call to the store of files.
pub const BOTO: &[Frame] = &[
    lib("botocore/client.py", 601, "_api_call", "return self._make_api_call(operation_name, kwargs)"),
    lib("botocore/context.py", 123, "wrapper", "return func(*args, **kwargs)"),
    lib("botocore/client.py", 1074, "_make_api_call", "raise error_class(parsed_response, operation_name)")
        .under("error_class(parsed_response, operation_name)"),
];

/// Work that is done in a thread.
pub const THREAD: &[Frame] = &[
    lib("anyio/to_thread.py", 56, "run_sync", "return await get_async_backend().run_sync_in_worker_thread("),
    lib("anyio/_backends/_asyncio.py", 967, "run", "result = context.run(func, *args)"),
];
