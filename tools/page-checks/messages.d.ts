// SPDX-License-Identifier: MIT
// Copyright 2026 The cadcast authors

// The shapes of what the page is sent and what it sends, as docs/protocol.md has them, for
// `tsc --checkJs` over static/ (tools/check-page). tests/e2e/test_protocol_doc.py holds both together.

// ---- from the server ----

export type Measure = "exact" | "external" | "mesh";

export interface Hello {
    type: "hello";
    version: string;
    run: number;
    id: number;
    session: string;
    sessions: string[];
    measure: Measure;
    read_only: boolean;
}

export interface Restore {
    type: "restore";
    view: Status;
}

export interface Replayed {
    type: "replayed";
}

export interface Empty {
    type: "empty";
}

export interface Model {
    type: "model";
    url: string;
    bytes: number;
    number: number;
    preview?: boolean;
    refines?: boolean;
}

export interface Notice {
    type: "notice";
    key?: string;
    level: "info" | "warning" | "error";
    text: string;
    /** Of what takes a while: how far it is, from 0 to 1. */
    progress?: number;
    /** Of what runs: for how long already. */
    seconds?: number;
}

/** A session, as a list of them and /status describe it. */
export interface Session {
    name: string;
    models: string[];
    when: number;
    browsers: number;
    kernels: number;
    kernel: string;
    kernel_when: number;
    bytes: number;
    history_bytes: number;
    model: boolean;
    picture: boolean;
    number: number;
    port: number;
    failed: string | null;
    run: { command: string; seconds: number } | null;
    pinned: boolean;
}

export interface Sessions {
    type: "sessions";
    sessions: Session[];
}

/** A picture that was shown before. */
export interface Step {
    number: number;
    when: number;
    name: string;
    parts: number;
    url: string;
    bytes: number;
}

export interface History {
    type: "history";
    steps: Step[];
}

/** Who leads the pages of the session. */
export interface Presenter {
    type: "presenter";
    leads: "you" | "other" | "none";
}

/** What changed of the view of the page that leads. */
export interface Follow {
    type: "follow";
    view: Status;
}

export interface Thumbnail {
    type: "thumbnail";
}

export interface Pong {
    type: "pong";
}

export interface BackendResponse {
    type: "backend_response";
    subtype: "tool_response";
    tool_type: string;
    error?: string;
}

// ---- from kernels, passed on as they are ----

/** The renderer's settings, or an older client's, which legacy.js translates. */
export type Settings = Record<string, any>;

export interface Data {
    type: "data";
    data: { instances?: any[]; shapes: any };
    config: Settings;
    count?: number;
}

export interface Animation {
    type: "animation";
    data: [path: string, action: string, times: number[], values: any[]][];
    config: Settings;
}

export interface Clear {
    type: "clear";
}

export interface Ui {
    type: "ui";
    config: Settings;
}

export interface Screenshot {
    type: "screenshot";
    filename: string;
}

export interface SetRelativeTime {
    type: "set_relative_time";
    value: number;
}

export type KernelMessage = Data | Animation | Clear | Ui | Screenshot | SetRelativeTime;
export type ServerMessage =
    | Hello
    | Restore
    | Replayed
    | Empty
    | Model
    | Notice
    | History
    | Sessions
    | Presenter
    | Follow
    | Thumbnail
    | Pong
    | BackendResponse;
export type Message = ServerMessage | KernelMessage;

// ---- to the server ----

/** What changed of the view and the tools, by the renderer's names. */
export type Status = Record<string, any>;

/** `text` of each report, by its command. */
export interface Reports {
    status: Status;
    screenshot: { filename: string; data: string };
    screenshot_failed: { filename: string; reason: string };
    thumbnail: { data: string };
    lead: Status | null;
    verbatim: {};
    log: string;
    started: {};
}

/** Sends a report; false if there is no connection. */
export type Tell = <K extends keyof Reports>(command: K, text: Reports[K]) => boolean;

// ---- in the page ----

export interface Urls {
    static: string;
    socket: string;
    sessions: string;
    root: string;
    home: string;
}

export interface PageConfig {
    version: string;
    session: string;
    max_reconnect_attempts: number;
    keep_trying: boolean;
    urls: Urls;
    measure: Measure;
    read_only: boolean;
    demo: boolean;
    /** Where kernels reach the session; 0: nowhere. */
    kernel_port: number;
    settings: Settings;
}

/** What comms.js reports about the connection. */
export interface ConnectionNews {
    state: "connecting" | "live" | "waiting" | "gone";
    attempt: number;
    limit: number;
    silent: boolean;
}
