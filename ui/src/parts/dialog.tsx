// A question that waits for an answer: the browser's own modal dialog, closed by Escape and by the ground around it.
import { useEffect, useRef, type ReactNode } from "react";

interface DialogProps { label: string; onClose: () => void; className?: string; alert?: boolean; children: ReactNode }

export function Dialog({ label, onClose, className, alert, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = box.current;
    const before = document.activeElement;
    dialog?.showModal();
    // The browser would focus the first control; where another is safer or handier, it is marked.
    dialog?.querySelector<HTMLElement>("[data-focus]")?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} className={className ? `dialog ${className}` : "dialog"} role={alert ? "alertdialog" : undefined} aria-label={label}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onMouseDown={(event) => { if (event.target === box.current) onClose(); }}>
      {children}
    </dialog>
  );
}
